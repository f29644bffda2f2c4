namespace WhatsApp.Grains.Storage.Exports;

/// <summary>
/// Carries instances from one store to another, between embedded and cluster or between clusters, without a new QR: everything that is theirs, opened here and sealed
/// under a passphrase in the file. Two owners of one session would destroy it: what is exported is fenced and marked, and does not start here again.
/// </summary>
public abstract class InstanceArchive
{
    /// <summary>Status of an instance that was exported and stays behind.</summary>
    public const string Exported = "exported";
    /// <summary>Shortest passphrase, characters.</summary>
    public const int ShortestPassphrase = 12;

    private readonly DataSeal _seal;

    private protected InstanceArchive(DataSeal seal) => _seal = seal;

    /// <summary>Runs all or nothing.</summary>
    private protected abstract T InTransaction<T>(Func<IExportTransaction, T> work);

    /// <summary>Writes a file. The marks are committed after it lies on the disk whole; when anything fails there is neither.</summary>
    /// <param name="path">A file that does not exist yet; readable by its owner alone.</param>
    /// <param name="passphrase">At least <see cref="ShortestPassphrase"/> characters.</param>
    /// <param name="only">Ids; empty = all that are not exported already.</param>
    /// <param name="keep">They go on here: a copy for safe-keeping, never to be opened while these live.</param>
    /// <returns>Ids of what was exported.</returns>
    /// <exception cref="ExportException">An instance is not there, or exported already.</exception>
    public IReadOnlyList<string> Export(string path, string passphrase, IReadOnlyCollection<string> only, bool keep)
    {
        RequirePassphrase(passphrase);
        using var file = Create(path);
        try
        {
            return InTransaction(transaction =>
            {
                var chosen = Choose(transaction.Instances(), only);
                if (!keep)
                    foreach (var id in chosen)
                        transaction.Fence(id);
                Write(transaction, chosen, file, passphrase);
                file.Flush(flushToDisk: true);
                if (!keep)
                    foreach (var id in chosen)
                        transaction.MarkExported(id);
                return chosen;
            });
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Reads the whole file first, then brings in one instance after the other, each all or nothing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="passphrase">It was sealed under.</param>
    /// <param name="only">Ids; empty = all.</param>
    /// <returns>Ids of what was brought in.</returns>
    /// <exception cref="ExportException">Another passphrase, damage, another version, or an id that is taken: nothing was changed.</exception>
    public IReadOnlyList<string> Import(string path, string passphrase, IReadOnlyCollection<string> only)
    {
        var (schema, inside) = Read(path, passphrase, static (id, tables) =>
        {
            foreach (var (_, rows) in tables)
                foreach (var _ in rows)
                    continue;
            return id;
        });
        var missing = only.Except(inside, StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
            throw new ExportException($"the export has no instance {missing[0]}");
        InTransaction(transaction =>
        {
            if (schema > transaction.SchemaVersion)
                throw new ExportException($"this export has schema version {schema}, this program knows {transaction.SchemaVersion}: use a newer program");
            foreach (var id in inside.Where(id => only.Count == 0 || only.Contains(id)))
                RequireFree(transaction, id);
            return true;
        });
        return [.. Read(path, passphrase, (id, tables) => only.Count == 0 || only.Contains(id) ? BringIn(id, tables) : null).Results.OfType<string>()];
    }

    private string BringIn(string id, IEnumerable<(ExportedTable Table, IEnumerable<object?[]> Rows)> tables) => InTransaction(transaction =>
    {
        RequireFree(transaction, id);
        transaction.Remove(id);
        foreach (var (table, rows) in tables)
        {
            var columns = InTargetsOrder(transaction, table);
            using var taker = transaction.Insert(columns);
            foreach (var row in rows)
            {
                for (var i = 0; i < row.Length; i++)
                    if (row[i] is string text)
                        row[i] = transaction.Accept(columns.Columns[i].Name, text);
                PortableTables.SealRow(_seal, id, columns, row);
                taker.Take(row);
            }
            taker.Complete();
        }
        transaction.Settle(id);
        return id;
    });

    // The columns of the file, with the kinds this database gives them; what only this database has takes its default.
    private static PortableTable InTargetsOrder(IExportTransaction transaction, ExportedTable exported)
    {
        var table = transaction.Tables.FirstOrDefault(table => table.Name == exported.Name) ?? throw ExportRecordReader.Unreadable();
        return table with
        {
            Columns = [.. exported.Columns.Select(name => table.Columns.Where(column => column.Name == name).Select(column => ((string, PortableKind)?)column).FirstOrDefault() ?? throw ExportRecordReader.Unreadable())],
        };
    }

    private static void RequireFree(IExportTransaction transaction, string id)
    {
        if (transaction.StatusOf(id) is { } status && status != Exported)
            throw new ExportException($"there is an instance {id} here already: delete it first, or leave it out with --instance");
    }

    private static List<string> Choose(IReadOnlyList<(string Id, string Status)> all, IReadOnlyCollection<string> only)
    {
        if (only.Count == 0)
            return [.. all.Where(instance => instance.Status != Exported).Select(instance => instance.Id)];
        foreach (var id in only)
            if (all.FirstOrDefault(instance => instance.Id == id) is not { Id: not null } found)
                throw new ExportException($"there is no instance {id}");
            else if (found.Status == Exported)
                throw new ExportException($"{id} was exported already: import that file to have it back here");
        return [.. all.Select(instance => instance.Id).Where(only.Contains)];
    }

    private void Write(IExportTransaction transaction, List<string> ids, FileStream file, string passphrase)
    {
        var unknown = PortableTables.Unknown(transaction.Tables).ToList();
        if (unknown.Count > 0)
            throw new InvalidOperationException($"not known how to export {string.Join(", ", unknown)}");
        using var sealing = new SealedFileWriter(file, passphrase);
        using (var records = new ExportRecordWriter(sealing))
        {
            records.Head(transaction.SchemaVersion);
            foreach (var id in ids)
            {
                records.Instance(id);
                foreach (var table in transaction.Tables)
                {
                    records.Table(table.Name, [.. table.Columns.Select(column => column.Name)]);
                    transaction.Read(table, id, row =>
                    {
                        PortableTables.OpenRow(_seal, id, table, row);
                        records.Row(row);
                    });
                }
                records.InstanceEnd();
            }
            records.End();
        }
        sealing.Complete();
    }

    private static (int Schema, List<T> Results) Read<T>(string path, string passphrase, Func<string, IEnumerable<(ExportedTable, IEnumerable<object?[]>)>, T> each)
    {
        RequirePassphrase(passphrase);
        using var file = Open(path);
        using var opening = new SealedFileReader(file, passphrase);
        using var records = new ExportRecordReader(opening);
        return new ExportedInstances(records).ForEach(each);
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ExportException($"{path} cannot be read: {error.Message}", error);
        }
    }

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            return new FileStream(path, options);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ExportException($"{path} cannot be made: {error.Message}", error);
        }
    }

    private static void RequirePassphrase(string passphrase)
    {
        if (passphrase.Length < ShortestPassphrase)
            throw new ExportException($"the passphrase must have at least {ShortestPassphrase} characters");
    }
}
