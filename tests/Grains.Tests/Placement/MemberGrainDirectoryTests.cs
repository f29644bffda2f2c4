using System.Collections.Immutable;
using System.Net;
using Npgsql;
using Orleans.GrainDirectory;
using Orleans.Runtime;
using WhatsApp.Grains.Placement;

namespace WhatsApp.Grains.Tests.Placement;

public sealed class MemberGrainDirectoryTests
{
    private static readonly GrainId _shop = GrainId.Create("instance", "shop");
    private static readonly SiloAddress _silo = SiloAddress.New(IPAddress.Loopback, 11111, 1);
    private static readonly GrainAddress _address = new() { GrainId = _shop, ActivationId = ActivationId.NewId(), SiloAddress = _silo, MembershipVersion = new MembershipVersion(7) };

    private readonly Rows _rows = new();
    private readonly Membership _membership = new();
    private readonly MemberGrainDirectory _directory;

    public MemberGrainDirectoryTests() => _directory = new MemberGrainDirectory(_rows, _membership);

    [Fact]
    public async Task An_address_in_a_member_is_told()
    {
        _membership.Knows(_silo, SiloStatus.Active);
        Assert.Equal(_address, await _directory.Lookup(_shop));
        Assert.Equal(_address, await _directory.Register(_address));
        Assert.Equal(0, _membership.Refreshed);
    }

    [Fact]
    public async Task An_address_in_a_silo_that_joined_a_moment_ago_is_told()
    {
        _membership.AtRefresh = () => _membership.Knows(_silo, SiloStatus.Active);
        Assert.Equal(_address, await _directory.Lookup(_shop));
    }

    [Fact]
    public async Task An_address_in_a_silo_that_is_dead_is_told_because_Orleans_deals_with_it()
    {
        _membership.Knows(_silo, SiloStatus.Dead);
        Assert.Equal(_address, await _directory.Lookup(_shop));
    }

    [Fact]
    public async Task An_address_in_a_silo_that_nobody_remembers_is_not_told()
    {
        Assert.Contains("no member", (await Assert.ThrowsAsync<OrleansException>(() => _directory.Lookup(_shop))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<OrleansException>(() => _directory.Register(_address, null));
        Assert.Equal(2, _membership.Refreshed);
    }

    [Fact]
    public async Task Nobody_is_nobody()
    {
        _rows.Found = null;
        Assert.Null(await _directory.Lookup(_shop));
    }

    [Fact]
    public async Task An_error_of_the_database_is_told_in_words_that_can_be_sent()
    {
        _rows.Error = new NpgsqlException("Failed to connect");
        foreach (var ask in (Func<Task>[])[() => _directory.Lookup(_shop), () => _directory.Register(_address), () => _directory.Unregister(_address), () => _directory.UnregisterSilos([_silo])])
        {
            var told = await Assert.ThrowsAsync<OrleansException>(ask);
            Assert.Null(told.InnerException);
            Assert.Contains("Failed to connect", told.Message, StringComparison.Ordinal);
        }
    }

    private sealed class Rows : IGrainDirectory
    {
        public GrainAddress? Found { get; set; } = _address;
        public Exception? Error { get; set; }

        public Task<GrainAddress?> Register(GrainAddress address) => Answer();
        public Task<GrainAddress?> Register(GrainAddress address, GrainAddress? previousAddress) => Answer();
        public Task<GrainAddress?> Lookup(GrainId grainId) => Answer();
        public Task Unregister(GrainAddress address) => Answer();
        public Task UnregisterSilos(List<SiloAddress> siloAddresses) => Answer();

        private Task<GrainAddress?> Answer() => Error is null ? Task.FromResult(Found) : Task.FromException<GrainAddress?>(Error);
    }

    private sealed class Membership : IClusterMembershipService
    {
        public ClusterMembershipSnapshot CurrentSnapshot { get; private set; } = new(ImmutableDictionary<SiloAddress, ClusterMember>.Empty, new MembershipVersion(3));
        public int Refreshed { get; private set; }
        public Action AtRefresh { get; set; } = static () => { };
        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public void Knows(SiloAddress silo, SiloStatus status) =>
            CurrentSnapshot = new ClusterMembershipSnapshot(CurrentSnapshot.Members.SetItem(silo, new ClusterMember(silo, status, "silo")), new MembershipVersion(4));

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default)
        {
            Refreshed++;
            AtRefresh();
            return ValueTask.CompletedTask;
        }

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
    }
}
