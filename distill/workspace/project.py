"""An open workspace: where it is, what `distill.toml` says, which files its sources have."""

from dataclasses import dataclass
from pathlib import Path

from distill.errors import ConfigurationError
from distill.firewall.redaction import RedactionKey
from distill.receipts import ReceiptStore, Workspace
from distill.records.withdrawal import Withdrawals, read_withdrawals
from distill.workspace.configuration import Configuration, load_configuration
from distill.workspace.logs import find_logs
from distill.workspace.places import QUARANTINE_DIR, WITHDRAWALS_FILE
from distill.workspace.redaction_key import KEY_FILE, made_key, read_key
from distill.workspace.source_table import SourceTable


@dataclass(frozen=True)
class Project:
    """A workspace and its configuration."""

    workspace: Workspace
    configuration: Configuration

    @property
    def root(self) -> Path:
        """The workspace's folder."""
        return self.workspace.root

    @property
    def receipts(self) -> ReceiptStore:
        """The store of the workspace's receipts."""
        return ReceiptStore(self.workspace)

    @property
    def withdrawals_file(self) -> Path:
        """Where the workspace keeps its withdrawals; there is none before the first."""
        return self.root / WITHDRAWALS_FILE

    def withdrawals(self) -> Withdrawals:
        """Return what is withdrawn in this workspace.

        Raises:
            ConfigurationError: the file can't be read, or a line is no withdrawal.
        """
        if self.withdrawals_file.is_symlink():
            raise ConfigurationError(
                f"{self.withdrawals_file} is a link", "put the file itself there"
            )
        try:
            return read_withdrawals(self.withdrawals_file.read_bytes())
        except FileNotFoundError:
            return Withdrawals()
        except OSError as error:
            raise ConfigurationError(
                f"{self.withdrawals_file} can't be read: {error.strerror}",
                "it must be a plain file that you may read",
            ) from None

    def redaction_key(self) -> RedactionKey | None:
        """Return the key of the redactions, null before it is first needed.

        Raises:
            ConfigurationError: `redaction_key` names no file, or the file holds no key.
        """
        named = self.configuration.redaction_key
        found = read_key(self.root / (KEY_FILE if named is None else named))
        if found is None and named is not None:
            raise ConfigurationError(
                f"the redaction key {named} is not there",
                "put the key there, or take redaction_key out of [firewall]",
            )
        return found

    def make_redaction_key(self) -> None:
        """Make the workspace's own key, if it is to redact, has none and is given none."""
        exports = self.configuration.exports
        redacts = any(
            one.firewall.redacts for one in (exports.rag, exports.sft, exports.preference)
        )
        if redacts and self.configuration.redaction_key is None:
            made_key(self.root / KEY_FILE)

    def logs(self, source: SourceTable) -> list[Path]:
        """Return the log files of a source, sorted.

        Raises:
            SourceError: a pattern matches nothing.
            ConfigurationError: a pattern leaves the workspace and its roots.
        """
        return self.find(source.paths, f"[sources.{source.name}]", optional=source.optional)

    def find(self, patterns: tuple[str, ...], place: str, *, optional: bool = False) -> list[Path]:
        """Return the files that patterns of the workspace name; see `find_logs`."""
        return find_logs(
            patterns,
            root=self.root,
            roots=self.workspace.roots,
            place=place,
            optional=optional,
        )

    def quarantine_file(self, stage: str) -> Path:
        """Return where a stage's quarantine rows are."""
        return self.root / QUARANTINE_DIR / f"{stage}.jsonl"


def open_workspace(path: Path | str | None = None) -> Project:
    """Return the workspace in `path` itself, or the nearest one upward from the current folder.

    Raises:
        ConfigurationError: there is no `distill.toml`, or it is wrong.
    """
    workspace = Workspace.named(None if path is None else Path(path))
    return Project(workspace, load_configuration(workspace.root))


def with_flags(project: Project, *, include_partial: bool, include_review: bool) -> Project:
    """Return the workspace with the flags of a command set; a flag never unsets a setting."""
    exports = project.configuration.exports
    sft = exports.sft.model_copy(
        update={"include_partial": exports.sft.include_partial or include_partial}
    )
    rag = exports.rag.model_copy(
        update={"include_review": exports.rag.include_review or include_review}
    )
    changed = exports.model_copy(update={"sft": sft, "rag": rag})
    return Project(project.workspace, project.configuration.model_copy(update={"exports": changed}))
