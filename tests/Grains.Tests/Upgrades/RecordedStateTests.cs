using System.Text;
using System.Text.RegularExpressions;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Tests.Storage;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;
using WhatsApp.Protocol.Store;
using static WhatsApp.Grains.Tests.Upgrades.RecordedFill;

namespace WhatsApp.Grains.Tests.Upgrades;

/// <summary>State written by an earlier version is read by this one, and what an earlier version writes while both run fits into this one's tables.</summary>
public abstract class RecordedStateTests
{
    // Rows of these live as long as a silo.
    private static readonly string[] OfRunningProcesses = ["grain_directory", "silo_lease"];

    /// <summary>sqlite or postgres: name of the recording and of the scripts.</summary>
    protected abstract string Database { get; }

    /// <summary>A new, empty database with the tables of the scripts up to this number.</summary>
    protected abstract Task CreateAsync(int upTo);

    /// <summary>Writes recorded rows as they are.</summary>
    protected abstract Task InsertAsync(IReadOnlyDictionary<string, System.Text.Json.Nodes.JsonArray> tables);

    /// <summary>All rows of all tables.</summary>
    protected abstract Task<Dictionary<string, System.Text.Json.Nodes.JsonArray>> DumpAsync();

    /// <summary>Opens it with this program, which migrates it.</summary>
    internal abstract OpenStores Open();

    [Fact]
    public async Task What_an_earlier_version_stored_is_read_and_carried_on()
    {
        var recorded = RecordedState.Load(Database);
        await CreateAsync(recorded.SchemaVersion);
        await InsertAsync(recorded.Tables);

        var stores = Open();
        await using var database = stores.Database;
        RecordedState.AssertContains(recorded.Reads, await RecordedReads.RunAsync(stores));
        await CarryOnAsync(stores, recorded);
    }

    [Fact]
    public async Task What_an_earlier_version_writes_fits_into_the_tables_of_this_one()
    {
        var recorded = RecordedState.Load(Database);
        await CreateAsync(int.MaxValue);
        await InsertAsync(recorded.Tables);

        var stores = Open();
        await using var database = stores.Database;
        RecordedState.AssertContains(recorded.Reads, await RecordedReads.RunAsync(stores));
    }

    [Fact]
    public void Later_scripts_only_add()
    {
        foreach (var (number, sql) in Scripts(Database).Where(script => script.Number > RecordedState.Load(Database).SchemaVersion))
            Assert.False(Regex.IsMatch(sql, @"\bDROP\s+(TABLE|COLUMN)\b|\bRENAME\b|\bSET\s+NOT\s+NULL\b|\bTYPE\s+\w+\s+USING\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)),
                $"{number:D3} takes away what an earlier version beside this one still uses");
    }

    [Fact]
    public async Task What_this_version_stores_is_recorded_whole()
    {
        await CreateAsync(int.MaxValue);
        var stores = Open();
        var (next, nextInGroup) = await RunAsync(stores);
        var state = new RecordedState(Scripts(Database)[^1].Number, await DumpAsync(), await RecordedReads.RunAsync(stores), next, nextInGroup);
        await stores.Database.DisposeAsync();

        await CreateAsync(int.MaxValue);
        await InsertAsync(state.Tables);
        stores = Open();
        await using var database = stores.Database;
        RecordedState.AssertContains(state.Reads, await RecordedReads.RunAsync(stores));
        await CarryOnAsync(stores, state);
        Assert.Empty(state.Tables.Where(table => table.Value.Count == 0).Select(table => table.Key).Except(OfRunningProcesses));
        if (Recording.IsWanted)
            state.Save(Database);
    }

    /// <summary>The embedded scripts in order.</summary>
    protected static IReadOnlyList<(int Number, string Sql)> Scripts(string database) =>
    [
        .. typeof(ISessionStore).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(database + "/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(name => (int.Parse(name.AsSpan(database.Length + 1, 3), System.Globalization.CultureInfo.InvariantCulture), Read(name))),
    ];

    // The sessions go on where the earlier version left them, and the next owner's writes land.
    private static async Task CarryOnAsync(OpenStores stores, RecordedState recorded)
    {
        var local = (await stores.Sessions.LoadCredentialsAsync(Ana, default))!.Identity;
        var session = SessionRecord.Deserialize((await stores.Sessions.LoadSessionsAsync(Ana, [Device], default))[Device]);
        var decrypted = SessionCipher.DecryptMessage(session, local, recorded.NextMessage);
        Assert.Equal(RecordedState.NextText, Encoding.UTF8.GetString(decrypted.Plaintext));
        var group = SenderKeyRecord.Deserialize((await stores.Sessions.LoadSenderKeysAsync(Ana, RecordedFill.Group, [Device], default))[Device]);
        Assert.Equal(RecordedState.NextText, Encoding.UTF8.GetString(SenderKeyCipher.Decrypt(group, recorded.NextGroupMessage).Plaintext));

        var ownership = await stores.Sessions.ClaimAsync(Ana, "silo-2", default);
        Assert.Equal(2, ownership.LastSequence);
        var device = new DeviceBatch();
        device.Sessions[Device] = decrypted.Next.Serialize();
        await stores.Sessions.CommitAsync(Ana, ownership.Epoch, new SessionBatch(device, [new OutboxRow(Endpoint, 3, "evt_03", "message.received", [123, 125], 1)], 3), default);
        Assert.Equal(decrypted.Next.Serialize(), (await stores.Sessions.LoadSessionsAsync(Ana, [Device], default))[Device]);
    }

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(ISessionStore).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
