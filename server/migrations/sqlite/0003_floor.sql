-- The rights version below which no token of the site counts, and nobody stays connected (PUT floor). It only rises.
ALTER TABLE sites ADD COLUMN floor INTEGER NOT NULL DEFAULT 0;
