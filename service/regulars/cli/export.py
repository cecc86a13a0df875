"""regulars export: every table in open forms, to take elsewhere."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from regulars_connectors.plural import pluralize

from .context import Call, verb
from .terminal import echo, print_json


@click.command(short_help="Write every table as CSV, NDJSON and Parquet.")
@click.argument("to", type=click.Path(path_type=Path))
@click.option("--publication", help="Short name of one publication. Default: all.")
@click.option(
    "--raw-csv",
    is_flag=True,
    help="Leave texts in CSV as they are, for programs. A spreadsheet may run them as formulas.",
)
@verb
def export(call: Call, to: Path, publication: str | None, raw_csv: bool) -> None:
    """Write every table as CSV, NDJSON and Parquet to the empty folder TO.

    The files hold names and addresses of your readers. In CSV, a text that begins like a formula
    gets a single quote before it. Stop `regulars serve` first, because it owns the store.

    \b
    Examples:
      regulars export takeout
      regulars export takeout --publication field-notes
    """
    from regulars.clock import system_clock
    from regulars.export import export_tables
    from regulars.publications.lookup import find_publication

    settings = call.settings()
    with call.store_to_read(settings, "export") as store:
        name = publication and find_publication(settings, store, publication).name
        tables = export_tables(
            store, to, system_clock(), publication=name, formula_safe=not raw_csv
        )
    rows = sum(table.rows for table in tables)
    if call.as_json:
        print_json({"folder": str(to), "tables": [asdict(table) for table in tables]})
    else:
        echo(f"Exported {pluralize(rows, 'row')} of {pluralize(len(tables), 'table')} to {to}.")


COMMANDS = {"export": export}
