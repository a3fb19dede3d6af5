"""Operators of ATen that the Array API standard lacks, on both backends."""
