/** Rows of a weight that are packed together: four vectors of four lanes, one row a lane. */
export const GROUP: i32 = 16;

/** Bytes of the scales that head a packed block: 16 half floats, one a row. */
export const SCALES: usize = 32;
