namespace WhatsApp.Grains.Storage.Exports;

/// <summary>One transaction of a store, as an export or an import needs it.</summary>
internal interface IExportTransaction
{
    /// <summary>Number of the last migration.</summary>
    int SchemaVersion { get; }

    /// <summary>Every table with an <c>instance_id</c>, but for <see cref="PortableTables.Local"/>; the first one first.</summary>
    IReadOnlyList<PortableTable> Tables { get; }

    /// <summary>All instances with their last status, by id.</summary>
    IReadOnlyList<(string Id, string Status)> Instances();

    /// <summary>Last status of an instance; null = there is none.</summary>
    string? StatusOf(string instanceId);

    /// <summary>The epoch goes up and nobody owns it: whoever did can commit nothing more.</summary>
    void Fence(string instanceId);

    /// <summary>The rows of an instance, as they were when the first table was read; columns in the table's order.</summary>
    void Read(PortableTable table, string instanceId, Action<object?[]> each);

    /// <summary>Not to be started here any more.</summary>
    void MarkExported(string instanceId);

    /// <summary>All rows of this id, also what outlived a delete; epochs go on above it.</summary>
    void Remove(string instanceId);

    /// <summary>Text as this database takes it.</summary>
    string Accept(string column, string text);

    /// <summary>Takes rows of a table; disposing ends them.</summary>
    IRowTaker Insert(PortableTable table);

    /// <summary>To be called after the rows: an epoch above all that were, and no owner. An instance that was open is about to be again.</summary>
    void Settle(string instanceId);
}

/// <summary>Takes rows.</summary>
internal interface IRowTaker : IDisposable
{
    /// <summary>One row; columns in the table's order.</summary>
    void Take(object?[] row);

    /// <summary>There are no more.</summary>
    void Complete();
}
