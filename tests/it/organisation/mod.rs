mod school_units;
