"""The chapters of the Array API standard, one file a page of it."""
