"""The same named SQL on Spark; from Parquet to Parquet also for tables no one machine can hold."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa

from clusterloom.errors import UsageError
from clusterloom.tables.engine import named_tables, plain_result, query_text, told_in_words

__all__ = ["SparkEngine", "spark_missing", "spark_text"]

_INSTALL = 'pip install "clusterloom[spark]"'


def spark_missing() -> str | None:
    """Say what is missing to run Spark, or None when all is there."""
    from importlib.util import find_spec

    absent = [name for name in ("pyspark", "sqlglot") if find_spec(name) is None]
    if absent:
        return f"{' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} not installed"
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") is None and not (home and (Path(home) / "bin" / "java").exists()):
        return "Java is not installed"
    return None


def spark_text(text: str) -> str:
    """Rewrite the SQL of a named query in Spark's dialect; ``$name`` becomes ``:name``."""
    sqlglot = import_module("sqlglot")
    tree = sqlglot.parse_one(text, read="duckdb")
    for call in tree.find_all(sqlglot.exp.Anonymous):
        if call.name.lower() == "error":
            call.set("this", "raise_error")
    return str(tree.sql(dialect="spark", comments=False))


class SparkEngine:
    """Named queries on PySpark: the active session, or a local one.

    Point it at a cluster by starting the program with `spark-submit --master ...`, or by an
    active `SparkSession`. Without one, all cores of this machine are used.

    Raises
    ------
    UsageError
        If PySpark, sqlglot or Java is missing; the message has the install line.
    """

    def __init__(self) -> None:
        missing = spark_missing()
        if missing is not None:
            raise UsageError(
                f"the engine `spark` cannot start: {missing}",
                rule="it needs PySpark, sqlglot and Java 17 or newer",
                hint=f'{_INSTALL}; or take `engine = "duckdb"`: the results are the same',
            )

    def query(self, name: str, tables: Mapping[str, pa.Table], **parameters: Any) -> pa.Table:
        """Run a named query over Arrow tables; parameters are bound, never pasted."""
        text = query_text(name)
        for table_name in named_tables(text, tables):
            frame = self._session.createDataFrame(tables[table_name])
            frame.createOrReplaceTempView(table_name)
        with told_in_words(name):
            return plain_result(self._session.sql(spark_text(text), args=parameters).toArrow())

    def query_files(
        self, name: str, parquet: Mapping[str, Path], out: Path, **parameters: Any
    ) -> Path:
        """Run a named query from Parquet to Parquet; rows never pass through Python."""
        text = query_text(name)
        for table_name in named_tables(text, parquet):
            frame = self._session.read.parquet(str(parquet[table_name]))
            frame.createOrReplaceTempView(table_name)
        folder = out.with_name(f".{out.name}.{uuid.uuid4().hex}.tmp")
        try:
            with told_in_words(name):
                found = self._session.sql(spark_text(text), args=parameters)
                # One file: the parts of a sorted result are taken together in their order.
                found.coalesce(1).write.parquet(str(folder), compression="zstd")
            os.replace(next(folder.glob("part-*.parquet")), out)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return out

    @cached_property
    def _session(self) -> Any:
        session_class = import_module("pyspark.sql").SparkSession
        active = session_class.getActiveSession()
        if active is not None:
            return active
        builder = session_class.builder.appName("clusterloom")
        if "PYSPARK_GATEWAY_PORT" not in os.environ:  # not started by spark-submit
            builder = (
                builder.master("local[*]")
                .config("spark.ui.enabled", "false")
                .config("spark.ui.showConsoleProgress", "false")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.sql.shuffle.partitions", str(os.cpu_count() or 2))
            )
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        return session
