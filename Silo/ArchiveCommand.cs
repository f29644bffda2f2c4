using System.Data.Common;
using Microsoft.AspNetCore.Builder;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Storage.Exports;
using WhatsApp.Grains.Storage.Postgres;
using WhatsApp.Grains.Storage.Sqlite;
using WhatsApp.Silo.Cluster;

namespace WhatsApp.Silo;

/// <summary>
/// <c>export FILE [--instance ID]… [--keep]</c> and <c>import FILE [--instance ID]…</c>, with the settings of the start: from and to the data folder, or with
/// <c>CLUSTER_MODE=cluster</c> PostgreSQL.
/// </summary>
public static class ArchiveCommand
{
    private const string Usage = "export FILE [--instance ID]... [--keep]   or   import FILE [--instance ID]...";

    private sealed record Order(bool IsExport, string File, IReadOnlyList<string> Instances, bool Keep);

    /// <summary>True when the command line is one of the two.</summary>
    public static bool IsAsked(string[] args) => args is ["export" or "import", ..];

    /// <summary>Does it. Returns the exit code; what is wrong is told in one line.</summary>
    public static int Run(string[] args)
    {
        try
        {
            var order = Parse(args);
            var configuration = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory }).Configuration;
            var passphrase = Passphrase.Get(configuration, twice: order.IsExport);
            if (ClusterOptions.IsCluster(configuration))
                InCluster(configuration, order, passphrase);
            else
                InDataFolder(configuration, order, passphrase);
            return 0;
        }
        catch (Exception error) when (error is ExportException or BadConfigurationException or IOException or UnauthorizedAccessException or DbException)
        {
            Console.Error.WriteLine($"cannot {args[0]}: {error.Message}");
            return 1;
        }
    }

    private static void InCluster(IConfiguration configuration, Order order, string passphrase)
    {
        var options = new PostgresStorageOptions(PostgresAddress.Parse(ClusterOptions.Needed(configuration, "POSTGRES")), ClusterOptions.Needed(configuration, "DATA_KEY"));
        using var storage = PostgresStorage.Open(options, TimeProvider.System);
        Do(storage.Archive, order, passphrase);
    }

    private static void InDataFolder(IConfiguration configuration, Order order, string passphrase)
    {
        var options = EmbeddedSiloOptions.From(configuration);
        var storageOptions = new SqliteStorageOptions(options.DataDirectory, options.DataKey, options.Synchronous);
        if (order.IsExport && !File.Exists(storageOptions.DatabasePath))
            throw new ExportException($"there is no {storageOptions.DatabasePath} (DATA_DIR)");
        // The service must not run meanwhile.
        using var folder = new DataFolderLock(options);
        using var storage = SqliteStorage.Open(storageOptions, TimeProvider.System);
        Do(storage.Archive, order, passphrase);
    }

    private static void Do(InstanceArchive archive, Order order, string passphrase)
    {
        var ids = order.IsExport ? archive.Export(order.File, passphrase, order.Instances, order.Keep) : archive.Import(order.File, passphrase, order.Instances);
        Console.WriteLine($"{(order.IsExport ? "exported" : "imported")} {ids.Count}: {string.Join(", ", ids)}");
        Console.WriteLine(order switch
        {
            { IsExport: false } => "they open by themselves, without a new QR",
            { Keep: true } => "they go on here: never open the copy while they do",
            _ => "they do not start here any more; delete them here once they are open elsewhere, or import the file to have them back",
        });
    }

    private static Order Parse(string[] args)
    {
        var isExport = args[0] == "export";
        var (file, instances, keep) = ((string?)null, new List<string>(), false);
        for (var i = 1; i < args.Length; i++)
            switch (args[i])
            {
                case "--instance" when i + 1 < args.Length:
                    instances.Add(args[++i]);
                    break;
                case "--keep" when isExport:
                    keep = true;
                    break;
                case var name when file is null && !name.StartsWith('-'):
                    file = Path.GetFullPath(name);
                    break;
                default:
                    throw new ExportException($"{args[i]} is not understood; {Usage}");
            }
        return file is null ? throw new ExportException($"no file; {Usage}") : new Order(isExport, file, instances, keep);
    }
}
