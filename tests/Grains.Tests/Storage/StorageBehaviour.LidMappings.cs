using WhatsApp.Grains.Abstractions.Contacts;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Storage;

public abstract partial class StorageBehaviour
{
    private static LidMapping Pair(int number, int lid, long at = 1) =>
        new(Jid.Parse($"55119000000{number:D2}@s.whatsapp.net"), Jid.Parse($"{lid}@lid"), "usync", at);

    [Fact]
    public async Task Lid_pairs_are_listed_in_pages_and_filtered()
    {
        var epoch = await CreateAndClaimAsync();
        var other = await CreateAndClaimAsync(Bia);
        await Sessions.CommitAsync(Ana, epoch, Batch(device => device.LidMappings.AddRange(Enumerable.Range(1, 5).Select(i => Pair(i, i)))), None);
        await Sessions.CommitAsync(Bia, other, Batch(device => device.LidMappings.Add(Pair(9, 9))), None);

        var first = await Sessions.ListLidMappingsAsync(Ana, new LidMappingQuery(null, null, 2, null), None);
        Assert.Equal([Pair(1, 1), Pair(2, 2)], first.Rows);
        Assert.Equal((5, true), (first.Total, first.More));
        var last = await Sessions.ListLidMappingsAsync(Ana, new LidMappingQuery(null, null, 3, first.Rows[^1].Phone.User), None);
        Assert.Equal([Pair(3, 3), Pair(4, 4), Pair(5, 5)], last.Rows);
        Assert.Equal((5, false), (last.Total, last.More));

        Assert.Equal([Pair(4, 4)], (await Sessions.ListLidMappingsAsync(Ana, new LidMappingQuery("4@lid", null, 50, null), None)).Rows);
        Assert.Equal([Pair(5, 5)], (await Sessions.ListLidMappingsAsync(Ana, new LidMappingQuery(null, Pair(5, 5).Phone.ToString(), 50, null), None)).Rows);
        Assert.Empty((await Sessions.ListLidMappingsAsync(Ana, new LidMappingQuery("4@lid", Pair(5, 5).Phone.ToString(), 50, null), None)).Rows);
    }

    [Fact]
    public async Task Of_a_lid_that_moved_to_another_number_the_list_shows_the_newest_pair()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(device => device.LidMappings.AddRange([Pair(1, 7, 10), Pair(2, 7, 20), Pair(3, 8, 10), Pair(4, 8, 10)])), None);

        var list = await Sessions.ListLidMappingsAsync(Ana, new LidMappingQuery(null, null, 50, null), None);

        Assert.Equal([Pair(2, 7, 20), Pair(4, 8, 10)], list.Rows);
        Assert.Equal(2, list.Total);
        Assert.Equal([Pair(4, 8, 10)], await Sessions.LoadLidMappingsAsync(Ana, [Pair(4, 8).Lid], None));
    }
}
