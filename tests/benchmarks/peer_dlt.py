"""dlt's side of the benchmark ``peer``, run by the interpreter of a virtual environment of its own.

``… peer_dlt.py URL PUBLICATION FOLDER``: dlt's REST source over the same pages into one DuckDB
table, by its fastest way: rows as they come (no nested tables, no change of their types), Parquet
files loaded as they are, one worker for each step. Prints what it cost and how many rows came.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from measured import _peak

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"
os.environ["NORMALIZE__LOADER_FILE_FORMAT"] = "parquet"
os.environ["DATA_WRITER__BUFFER_MAX_ITEMS"] = "20000"
os.environ["EXTRACT__WORKERS"] = os.environ["LOAD__WORKERS"] = os.environ["NORMALIZE__WORKERS"] = (
    "1"
)


def main(url: str, publication: str, folder: Path) -> None:
    """One pull of every subscription into a fresh database."""
    import dlt
    import duckdb
    from dlt.sources.rest_api import rest_api_source

    os.environ["DLT_DATA_DIR"] = str(folder / "dlt")
    began = sum(os.times()[:2])
    source = rest_api_source(
        {
            "client": {
                "base_url": f"{url}/publications/{publication}/",
                "auth": {"type": "bearer", "token": "a-benchmark-needs-no-key"},
                "paginator": {
                    "type": "cursor", "cursor_path": "next_cursor", "cursor_param": "cursor",
                },
            },
            "resources": [
                {
                    "name": "subscriptions",
                    "endpoint": {
                        "path": "subscriptions",
                        "params": {"limit": 100},
                        "data_selector": "data",
                    },
                    "max_table_nesting": 0,
                    "write_disposition": "append",
                }
            ],
        }
    )  # fmt: skip
    database = folder / "peer.duckdb"
    pipeline = dlt.pipeline(
        "peer",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.duckdb(str(database)),
        dataset_name="letters",
    )
    pipeline.run(source, loader_file_format="parquet")
    own = sum(os.times()[:2]) - began
    with duckdb.connect(str(database), read_only=True) as connection:
        rows, ids, received = connection.execute(
            "SELECT count(*), count(DISTINCT id), count(stats) FROM letters.subscriptions"
        ).fetchall()[0]
    print(
        json.dumps({"own": own, "peak": _peak(), "rows": rows, "ids": ids, "with_totals": received})
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
