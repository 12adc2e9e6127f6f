"""The engine, tested as its users and its attackers meet it."""
