-- Which browser's stay changed a window last: its own changes never make each other stale.
ALTER TABLE docks ADD COLUMN session BLOB;
