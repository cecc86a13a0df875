"""Rows out of CSV and Parquet files."""
