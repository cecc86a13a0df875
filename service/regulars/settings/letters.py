"""What a publication says of its letters: whose addresses are its own, and what is kept."""

from __future__ import annotations

from pydantic import Field, field_validator

from regulars_connectors.addresses import address_fault, fold_address

from .section import Section


class LettersSettings(Section):
    """Section `[publications.letters]`: mails between readers and the writer."""

    only_newsletter: bool = Field(
        default=False,
        description="the mailbox serves the newsletter alone, so every mail to it is a letter",
    )
    addresses: tuple[str, ...] = Field(
        default=(),
        description="your own addresses, those of colleagues who answer, and where replies go",
    )
    other_mails: tuple[str, ...] = Field(
        default=(),
        description="subjects of mails that are no posts but are answered, such as a welcome",
    )
    fade_after_days: int = Field(
        default=60, ge=1, le=3650, description="after so many days a letter waits no longer"
    )
    keep_text_days: int = Field(
        default=0,
        ge=0,
        le=730,
        description="how long the words of letters are kept. Only 0 is possible so far: none are",
    )

    @field_validator("addresses")
    @classmethod
    def _folded(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            fault = address_fault(address)
            if fault is not None:
                raise ValueError(f"holds an address that {fault}")
        return tuple(dict.fromkeys(fold_address(address) for address in value))

    @field_validator("keep_text_days")
    @classmethod
    def _none_kept(cls, value: int) -> int:
        if value:
            raise ValueError("must be 0: this version keeps no words of letters")
        return value
