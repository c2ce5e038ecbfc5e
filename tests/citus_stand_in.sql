-- The functions of Citus that deploy/citus/distribute.sql calls, with the rules of Citus that can be checked without it.
-- What Citus would put on several machines becomes partitions of one table: the hash of the same column decides.

CREATE FUNCTION run_command_on_workers(command text) RETURNS void LANGUAGE sql AS '';

CREATE FUNCTION create_distributed_function(function regprocedure) RETURNS void LANGUAGE sql AS '';

CREATE FUNCTION create_reference_table(name regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND name IN (conrelid, confrelid)) THEN
        RAISE 'a foreign key binds % to a table that is not distributed', name;
    END IF;
END
$$;

CREATE FUNCTION create_distributed_table(name regclass, distribution_column text, colocate_with text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    broken text;
    triggers text[] := ARRAY(SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = name AND NOT tgisinternal);
    named text := name::text;
BEGIN
    IF current_setting('citus.enable_unsafe_triggers', true) IS DISTINCT FROM 'on' AND triggers <> '{}' THEN
        RAISE 'triggers on distributed tables are not supported';
    END IF;
    SELECT indexrelid::regclass::text INTO broken
    FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attname = distribution_column
    WHERE indrelid = name AND indisunique AND attnum <> ALL (indkey::int2[]);
    IF FOUND THEN
        RAISE 'unique index % does not hold %', broken, distribution_column;
    END IF;
    SELECT conname INTO broken FROM pg_constraint WHERE contype = 'f' AND name IN (conrelid, confrelid);
    IF FOUND THEN
        RAISE 'foreign key % is to a table that is not distributed', broken;
    END IF;
    IF colocate_with IS NOT NULL AND NOT EXISTS (SELECT FROM pg_partitioned_table WHERE partrelid = colocate_with::regclass)
    THEN
        RAISE '% is not distributed', colocate_with;
    END IF;
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = name AND attidentity <> '') THEN
        RAISE 'cannot complete operation on % with an identity column', name;
    END IF;
    EXECUTE format('ALTER TABLE %s RENAME TO %I', named, named || '_whole');
    EXECUTE format(
        'CREATE TABLE %I (LIKE %I INCLUDING ALL) PARTITION BY HASH (%I)', named, named || '_whole', distribution_column
    );
    FOR number IN 0..3 LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 4, REMAINDER %s)',
            named || '_part' || number, named, number
        );
    END LOOP;
    EXECUTE format('INSERT INTO %I SELECT * FROM %I', named, named || '_whole');
    EXECUTE format('DROP TABLE %I', named || '_whole');
    FOR number IN 1..cardinality(triggers) LOOP
        EXECUTE triggers[number];
    END LOOP;
END
$$;
