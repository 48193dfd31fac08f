DROP TABLE audit;
DROP TABLE decisions;
DROP TABLE selections;
DROP TABLE preset_versions;
DROP TABLE presets;
DROP TABLE site_groups;
DROP TABLE catalogues;
DROP TABLE revision;
