"""The functions of the Array API standard, one module for each chapter."""
