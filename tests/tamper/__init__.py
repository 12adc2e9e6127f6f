"""The tamper matrix: whatever is changed is found, or the table says that it is not."""
