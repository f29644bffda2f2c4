using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Orleans.Runtime;
using WhatsApp.Silo.Cluster;

namespace WhatsApp.Grains.Tests.Placement;

/// <summary>An emptied membership table, and who fills it again.</summary>
public sealed class MembershipRepairTests
{
    private const int VersionBefore = 20;

    private readonly Table _table = new();
    private readonly Member[] _running;

    public MembershipRepairTests()
    {
        _running = [.. Enumerable.Range(1, 3).Select(number => new Member(_table, Row(number)))];
        foreach (var member in _running)
            _table.Rows[member.Address] = member.Row;
        _table.Version = VersionBefore;
        foreach (var member in _running)
            member.Follow();
    }

    [Fact]
    public async Task Nothing_is_written_while_nothing_is_missing()
    {
        await LookAllAsync();
        Assert.Equal(VersionBefore, _table.Version);
    }

    [Fact]
    public async Task The_running_silos_are_all_in_before_the_version_is_one_that_they_follow()
    {
        await LookAllAsync();
        _table.Empty();
        // Each of them would take who is missing then for dead.
        _table.Written = version =>
        {
            if (version > VersionBefore)
                Assert.All(_running, member => Assert.Contains(member.Address, _table.Rows.Keys));
        };
        await LookAllAsync();
        Assert.True(_table.Version >= VersionBefore);
        Assert.Equal(3, _table.Rows.Count);
    }

    [Fact]
    public async Task A_silo_that_joined_the_empty_table_and_the_running_ones_come_to_know_each_other()
    {
        await LookAllAsync();
        _table.Empty();
        var joiner = new Member(_table, Row(9));
        await _table.InsertRowAsync(joiner.Row, new TableVersion(1, "0"));
        joiner.Follow();
        await joiner.Repair.LookAsync(CancellationToken.None);
        await LookAllAsync();
        await LookAllAsync();
        await joiner.Repair.LookAsync(CancellationToken.None);
        foreach (Member member in (Member[])[.. _running, joiner])
        {
            Assert.Equal(4, member.CurrentSnapshot.Members.Count);
            Assert.All(member.CurrentSnapshot.Members.Values, known => Assert.Equal(SiloStatus.Active, known.Status));
        }
    }

    [Fact]
    public async Task Silos_that_repair_at_the_same_time_enter_each_row_once()
    {
        await LookAllAsync();
        _table.Empty();
        _table.IsSlow = true;
        await Task.WhenAll(_running.Select(member => member.Repair.LookAsync(CancellationToken.None)));
        Assert.Equal(_running.Select(member => member.Address).Order(), _table.Rows.Keys.Order());
        Assert.True(_table.Version >= VersionBefore);
    }

    [Fact]
    public async Task Who_is_leaving_or_thought_dead_is_not_entered()
    {
        await LookAllAsync();
        _running[1].Row.Status = SiloStatus.ShuttingDown;
        _running[2].Row.Status = SiloStatus.Dead;
        _table.Version++;
        foreach (var member in _running)
            member.Follow();
        _table.Empty();
        await LookAllAsync();
        Assert.Equal([_running[0].Address], _table.Rows.Keys);
    }

    private async Task LookAllAsync()
    {
        foreach (var member in _running)
            await member.Repair.LookAsync(CancellationToken.None);
    }

    private static MembershipEntry Row(int number) => new()
    {
        SiloAddress = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11000 + number), number),
        Status = SiloStatus.Active,
        SiloName = $"silo{number}",
        HostName = "here",
        ProxyPort = 30000 + number,
    };

    /// <summary>One silo: what it knows follows the table as Orleans does it, that is to higher versions only.</summary>
    private sealed class Member : ILocalSiloDetails, IClusterMembershipService
    {
        private readonly Table _table;

        public Member(Table table, MembershipEntry row)
        {
            (_table, Row) = (table, row);
            CurrentSnapshot = new ClusterMembershipSnapshot(ImmutableDictionary<SiloAddress, ClusterMember>.Empty, MembershipVersion.MinValue);
            Repair = new MembershipRepair(table, this, this, TimeProvider.System, NullLogger<MembershipRepair>.Instance);
        }

        public MembershipEntry Row { get; }
        public SiloAddress Address => Row.SiloAddress;
        public MembershipRepair Repair { get; }
        public ClusterMembershipSnapshot CurrentSnapshot { get; private set; }

        public void Follow()
        {
            if (_table.Version > CurrentSnapshot.Version.Value)
                CurrentSnapshot = new ClusterMembershipSnapshot(_table.Rows.Values.ToImmutableDictionary(row => row.SiloAddress, row => new ClusterMember(row.SiloAddress, row.Status, row.SiloName)),
                    new MembershipVersion(_table.Version));
        }

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default)
        {
            Follow();
            return ValueTask.CompletedTask;
        }

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();
        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
        public string Name => Row.SiloName;
        public string ClusterId => "test";
        public string DnsHostName => "here";
        public SiloAddress SiloAddress => Address;
        public SiloAddress GatewayAddress => Address;
    }

    /// <summary>Rows and a version that each write must raise by one, as in Redis.</summary>
    private sealed class Table : IMembershipTable
    {
        public Dictionary<SiloAddress, MembershipEntry> Rows { get; } = [];
        public int Version { get; set; }
        public bool IsSlow { get; set; }
        public Action<int> Written { get; set; } = static _ => { };

        public void Empty()
        {
            Rows.Clear();
            Version = 0;
        }

        public Task InitializeMembershipTable(bool tryInitTableVersion) => Task.CompletedTask;

        public async Task<MembershipTableData> ReadAll()
        {
            if (IsSlow)
                await Task.Yield();
            lock (Rows)
                return new MembershipTableData([.. Rows.Values.Select(row => Tuple.Create(row, Version.ToString()))], new TableVersion(Version, Version.ToString()));
        }

        public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => Task.FromResult(Write(entry, tableVersion, isNew: true));

        public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => Task.FromResult(Write(entry, tableVersion, isNew: false));

        public Task<MembershipTableData> ReadRow(SiloAddress key) => throw new NotSupportedException();
        public Task UpdateIAmAlive(MembershipEntry entry) => throw new NotSupportedException();
        public Task DeleteMembershipTableEntries(string clusterId) => throw new NotSupportedException();
        public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => throw new NotSupportedException();

        public Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion version) => InsertRow(entry, version);

        private bool Write(MembershipEntry entry, TableVersion version, bool isNew)
        {
            lock (Rows)
            {
                if (version.Version != Version + 1 || Rows.ContainsKey(entry.SiloAddress) == isNew)
                    return false;
                Rows[entry.SiloAddress] = entry;
                Version = version.Version;
                Written(Version);
                return true;
            }
        }
    }
}
