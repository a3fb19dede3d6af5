"""From measurements to a report: samples, targets, tables and plots."""
