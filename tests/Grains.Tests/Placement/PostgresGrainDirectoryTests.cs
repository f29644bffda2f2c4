using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Orleans.Runtime;
using WhatsApp.Grains.Placement;
using WhatsApp.Grains.Storage.Postgres;
using WhatsApp.Grains.Telemetry;
using WhatsApp.Grains.Tests.Storage.Postgres;

namespace WhatsApp.Grains.Tests.Placement;

public sealed class PostgresGrainDirectoryTests(PostgresDatabaseFixture database) : IClassFixture<PostgresDatabaseFixture>, IAsyncLifetime
{
    private static readonly SiloAddress _first = SiloAddress.New(IPAddress.Loopback, 11111, 1);
    private static readonly SiloAddress _second = SiloAddress.New(IPAddress.Loopback, 11112, 2);
    private static readonly GrainId _shop = GrainId.Create("instance", "shop");

    private PostgresStorage _storage = null!;
    private PostgresGrainDirectory _directory = null!;

    public async ValueTask InitializeAsync()
    {
        _storage = PostgresStorage.Open(database.Options, TimeProvider.System);
        _directory = new PostgresGrainDirectory(_storage.Source, new RepeatedErrors(TimeProvider.System), NullLogger<PostgresGrainDirectory>.Instance);
        await LeaseAsync(_first, "15 seconds");
        await LeaseAsync(_second, "15 seconds");
    }

    public async ValueTask DisposeAsync()
    {
        await _storage.DisposeAsync();
        await database.EmptyAsync();
    }

    private static GrainAddress On(SiloAddress silo) => On(silo, _shop);

    private static GrainAddress On(SiloAddress silo, GrainId grain) =>
        new() { GrainId = grain, ActivationId = ActivationId.NewId(), SiloAddress = silo, MembershipVersion = new MembershipVersion(7) };

    private async Task LeaseAsync(SiloAddress silo, string time)
    {
        await using var command = _storage.Source.CreateCommand(
            "INSERT INTO silo_lease (silo, lease_until) VALUES ($1, now() + $2::interval) ON CONFLICT (silo) DO UPDATE SET lease_until = excluded.lease_until");
        command.Parameters.Add(new NpgsqlParameter { Value = silo.ToParsableString() });
        command.Parameters.Add(new NpgsqlParameter { Value = time });
        await command.ExecuteNonQueryAsync();
    }

    [Fact]
    public async Task The_first_activation_has_the_place_and_a_second_is_told_of_it()
    {
        var first = On(_first);

        Assert.Equal(first, await _directory.Register(first));
        Assert.Equal(first, await _directory.Register(On(_second)));
        Assert.Equal(first, await _directory.Lookup(_shop));
        Assert.Equal(first.MembershipVersion, (await _directory.Lookup(_shop))!.MembershipVersion);
        Assert.Null(await _directory.Lookup(GrainId.Create("instance", "other")));
    }

    [Fact]
    public async Task Of_many_that_come_together_each_has_its_own_place_and_of_two_of_one_grain_one_has_it()
    {
        var many = Enumerable.Range(0, 500).Select(number => On(_first, GrainId.Create("instance", $"shop-{number}"))).ToList();
        var twice = many[..100].ConvertAll(address => On(_second, address.GrainId));

        var places = await Task.WhenAll(many.Concat(twice).Select(_directory.Register));

        Assert.All(many.Index(), one => Assert.Equal(one.Item, places[one.Index]));
        Assert.All(twice.Index(), one => Assert.Equal(many[one.Index], places[500 + one.Index]));
        Assert.Equal(many, await Task.WhenAll(many.Select(address => _directory.Lookup(address.GrainId))));

        await Task.WhenAll(many[..250].Select(_directory.Unregister).Concat(twice[..50].Select(_directory.Unregister)));
        Assert.Equal(250, (await Task.WhenAll(many.Select(address => _directory.Lookup(address.GrainId)))).Count(found => found is null));

        await _directory.UnregisterSilos([_first]);
        Assert.All(await Task.WhenAll(many.Select(address => _directory.Lookup(address.GrainId))), Assert.Null);
    }

    [Fact]
    public async Task An_activation_that_moves_gives_its_place_to_the_next()
    {
        var (first, second) = (On(_first), On(_second));
        await _directory.Register(first);

        Assert.Equal(second, await _directory.Register(second, first));
        Assert.Equal(second, await _directory.Register(On(_first), first));
        Assert.Equal(second, await _directory.Lookup(_shop));
    }

    [Fact]
    public async Task The_place_of_a_silo_whose_lease_has_run_out_is_free()
    {
        var (first, second) = (On(_first), On(_second));
        await _directory.Register(first);
        await LeaseAsync(_first, "-1 second");

        Assert.Null(await _directory.Lookup(_shop));
        Assert.Equal(second, await _directory.Register(second));
    }

    [Fact]
    public async Task Of_many_that_register_at_once_all_are_told_of_the_same()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _directory.Register(On(i % 2 == 0 ? _first : _second))));
        Assert.Single(answers.Distinct());
    }

    [Fact]
    public async Task Only_the_activation_itself_leaves_its_place_and_a_dead_silo_leaves_all()
    {
        var first = On(_first);
        await _directory.Register(first);
        await _directory.Unregister(On(_first));
        Assert.Equal(first, await _directory.Lookup(_shop));
        await _directory.Unregister(first);
        Assert.Null(await _directory.Lookup(_shop));

        await _directory.Register(first);
        await _directory.UnregisterSilos([_second]);
        Assert.Equal(first, await _directory.Lookup(_shop));
        await _directory.UnregisterSilos([_first]);
        Assert.Null(await _directory.Lookup(_shop));
    }

    [Fact]
    public void When_a_silo_leaves_only_its_instances_get_another_one()
    {
        SiloAddress[] three = [_first, _second, SiloAddress.New(IPAddress.Loopback, 11113, 3)];
        string[] instances = [.. Enumerable.Range(0, 300).Select(i => $"shop{i}")];
        var before = instances.ToDictionary(id => id, id => Grains.Instances.Rendezvous.Pick(id, three));

        foreach (var id in instances.Where(id => !before[id]!.Equals(_second)))
            Assert.Equal(before[id], Grains.Instances.Rendezvous.Pick(id, [.. three.Where(silo => !silo.Equals(_second))]));
        Assert.All(three, silo => Assert.InRange(before.Values.Count(silo.Equals), 60, 140));
        Assert.Null(Grains.Instances.Rendezvous.Pick("shop", []));
    }
}
