namespace WhatsApp.Grains.Storage.Exports;

/// <summary>A table in an export: name and columns in the order of its rows.</summary>
internal sealed record ExportedTable(string Name, IReadOnlyList<string> Columns);

/// <summary>The instances of an export in their order, rows one by one: an instance may be larger than memory.</summary>
internal sealed class ExportedInstances(ExportRecordReader records)
{
    private byte _next;

    /// <summary>Calls for each instance, which must read its tables and their rows in order and to their end; a caller who does not want them leaves them.</summary>
    /// <exception cref="ExportException">Not readable.</exception>
    public (int Schema, List<T> Results) ForEach<T>(Func<string, IEnumerable<(ExportedTable, IEnumerable<object?[]>)>, T> each)
    {
        if (records.Next() != ExportRecords.Head)
            throw ExportRecordReader.Unreadable();
        var (schema, results) = (records.Number(), new List<T>());
        while ((_next = records.Next()) == ExportRecords.Instance)
        {
            var id = records.Name();
            _next = records.Next();
            var tables = Tables();
            results.Add(each(id, tables));
            // Left alone: read past.
            foreach (var (_, rows) in tables)
                foreach (var _ in rows)
                    continue;
            if (_next != ExportRecords.InstanceEnd)
                throw ExportRecordReader.Unreadable();
        }
        if (_next != ExportRecords.End || records.Number() != results.Count)
            throw ExportRecordReader.Unreadable();
        return (schema, results);
    }

    private IEnumerable<(ExportedTable, IEnumerable<object?[]>)> Tables()
    {
        while (_next == ExportRecords.Table)
        {
            var table = new ExportedTable(records.Name(), records.Columns());
            _next = records.Next();
            yield return (table, Rows(table.Columns.Count));
        }
    }

    private IEnumerable<object?[]> Rows(int columns)
    {
        while (_next == ExportRecords.Row)
        {
            var row = records.Row(columns);
            _next = records.Next();
            yield return row;
        }
    }
}
