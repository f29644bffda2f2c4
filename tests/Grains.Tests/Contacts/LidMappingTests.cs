using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Contacts;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Tests.Scripted;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Contacts;

public sealed class LidMappingTests(TestSilo silo) : IClassFixture<TestSilo>
{
    private static readonly LidPairEntry Entry = new("5511900000002@s.whatsapp.net", "102@lid");
    private static readonly LidMappingQuery All = new(null, null, 50, null);

    [Fact]
    public async Task The_list_comes_from_storage_and_wakes_no_instance()
    {
        var id = TestSilo.NewId("asleep");
        await silo.Get<IInstanceRegistry>().TryCreateAsync(new InstanceDefinition(id, new CreateInstance(), Desired: false, TimeProvider.System.GetUtcNow()), default);
        var owner = await silo.Get<ISessionStore>().ClaimAsync(id, "nobody", default);
        var batch = new DeviceBatch();
        foreach (var (phone, source) in new[] { (1, "pairing"), (2, "devices"), (3, "migration"), (4, "manual") })
            batch.LidMappings.Add(new LidMapping(Jid.Parse($"551190000000{phone}@s.whatsapp.net"), Jid.Parse($"{phone}@lid"), source, 1_700_000_000_000));
        await silo.Get<ISessionStore>().CommitAsync(id, owner.Epoch, new SessionBatch(batch, [], 0), default);

        var page = await silo.Grains.GetGrain<ILidMappingsGrain>(0).ListAsync(id, All);

        Assert.Equal(["contact", "usync", "history", "manual"], page.Items.Select(item => item.Source));
        Assert.Equal((4, null), (page.Total, page.NextCursor));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000), page.Items[0].UpdatedAt);
        Assert.DoesNotContain(await silo.Grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics(), grain => grain.GrainId.ToString().Contains(id, StringComparison.Ordinal));
        Assert.Equal("1", (await silo.Grains.GetGrain<ILidMappingsGrain>(0).ListAsync(id, All with { Limit = 1 })).NextCursor![^1..]);
    }

    [Fact]
    public async Task An_unknown_instance_has_no_list()
    {
        var refusal = await Assert.ThrowsAsync<InstanceProblemException>(() => silo.Grains.GetGrain<ILidMappingsGrain>(0).ListAsync("nobody", All));
        Assert.Equal("instance-not-found", refusal.Code);
    }

    [Fact]
    public async Task Pairs_reach_the_device_of_the_same_instance_and_its_answer_comes_back()
    {
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id);
        var known = new LidMapping(Jid.Parse(Entry.Phone), Jid.Parse("9@lid"), "message", 1);
        device.OnPutLidPairs = (pairs, force) => Task.FromResult(new LidPairsTaken(0, force ? 1 : 0, force ? [] : [new LidConflict(pairs[0], "server-learned", [known])]));

        var conflict = Assert.Single((await silo.Grains.GetGrain<IContactsGrain>(id).PutLidMappingsAsync([Entry], force: false)).Conflicts);
        Assert.Equal((Entry, "server-learned", "9@lid", "message"), (conflict.Pair, conflict.Reason, conflict.Existing[0].Lid, conflict.Existing[0].Source));
        Assert.Equal(1, (await silo.Grains.GetGrain<IContactsGrain>(id).PutLidMappingsAsync([Entry], force: true)).Updated);
        Assert.Equal(1, silo.Devices.Count(id));
    }

    [Fact]
    public async Task Failures_of_the_device_are_problems_a_person_can_act_on()
    {
        var id = TestSilo.NewId();
        var device = await silo.CreateAsync(id);
        async Task<string> CodeAsync(Exception failure)
        {
            device.OnPutLidPairs = (_, _) => Task.FromException<LidPairsTaken>(failure);
            return (await Assert.ThrowsAsync<InstanceProblemException>(() => silo.Grains.GetGrain<IContactsGrain>(id).PutLidMappingsAsync([Entry], false))).Code;
        }
        Assert.Equal("instance-not-connected", await CodeAsync(new LinkClosedException("no")));
        Assert.Equal("query-timeout", await CodeAsync(new TimeoutException()));
        Assert.Equal("rate-limited", await CodeAsync(new IqErrorException(429, "rate-overlimit")));
        Assert.Equal("whatsapp-error", await CodeAsync(new IqErrorException(500, null)));
        Assert.Equal("instance-busy", await CodeAsync(new FencedException("a newer owner")));
        Assert.Equal("instance-not-found", (await Assert.ThrowsAsync<InstanceProblemException>(() => silo.Grains.GetGrain<IContactsGrain>("nobody").PutLidMappingsAsync([Entry], false))).Code);
    }
}
