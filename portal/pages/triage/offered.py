"""The forms that the ticket page offers this person now, from the table of acts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.acts.act import Act, Form
from portal.acts.inputs import Input, Option
from portal.web.path_values import names_in


@dataclass(frozen=True)
class OfferedForm:
    """One form of the page, with the choices for each input and the lines beside it.

    `is_unfolded` at first; `is_begun`: it was refused, or has a text that was not sent.
    """

    act: Act
    form: Form
    options: Mapping[str, Sequence[Option]]
    lines: Mapping[str, Sequence[str]]
    is_unfolded: bool
    is_begun: bool = False

    @property
    def title(self) -> str:
        return self.form.title or self.act.move.title

    @property
    def path(self) -> str:
        """Below the ticket's address."""
        rows = {name: self.options[name] for name in names_in(self.act.path)}
        return self.act.path.format(**{name: options[0][0] if options else "" for name, options in rows.items()})

    def shown_inputs(self) -> list[Input]:
        """Those that stand open in the form."""
        return [asked for asked in self._visible() if not asked.is_more]

    def more_inputs(self) -> list[Input]:
        """Those that it folds away."""
        return [asked for asked in self._visible() if asked.is_more]

    def _visible(self) -> list[Input]:
        hidden = {*dict(self.form.hidden), *names_in(self.act.path)}
        return [asked for asked in self.act.inputs if asked.name not in hidden]
