"""Cells of tables that people open in a spreadsheet."""

# What makes a spreadsheet compute a cell instead of showing it. See OWASP, "CSV Injection".
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> str:
    """A value as text that no spreadsheet takes for a formula: such text gets an apostrophe in front.

    Numbers, negative ones too, stay numbers.
    """
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_BEGINS_A_FORMULA) else text
