using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Contacts;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Tests.Contacts;

public sealed class ManualPairsTests
{
    private static readonly LidPair Own = Pair(1, 101);

    private static LidPair Pair(int phone, int lid) => new(Jid.Parse($"551190000000{phone}@s.whatsapp.net"), Jid.Parse($"{lid}@lid"));

    private static LidMapping Known(int phone, int lid, string source, long at = 1) => new(Pair(phone, lid).Phone, Pair(phone, lid).Lid, source, at);

    private static (IReadOnlyList<LidPair> Write, LidPairsTaken Taken) Judge(LidPair pair, bool force, params LidMapping[] known) => ManualPairs.Judge([pair], known, Own, force);

    [Fact]
    public void A_new_pair_is_created()
    {
        var (write, taken) = Judge(Pair(2, 102), force: false);
        Assert.Equal([Pair(2, 102)], write);
        Assert.Equal((1, 0, 0), (taken.Created, taken.Updated, taken.Conflicts.Count));
    }

    [Theory, InlineData("manual"), InlineData("usync")]
    public void A_pair_known_already_counts_as_updated_and_is_not_written_again(string source)
    {
        var (write, taken) = Judge(Pair(2, 102), force: false, Known(2, 102, source));
        Assert.Empty(write);
        Assert.Equal((0, 1, 0), (taken.Created, taken.Updated, taken.Conflicts.Count));
    }

    [Theory]
    [InlineData(2, 103)] // the number has another LID
    [InlineData(3, 102)] // the LID has another number
    public void What_the_server_told_is_replaced_only_by_force(int phone, int lid)
    {
        var told = Known(2, 102, "message");
        var (write, taken) = Judge(Pair(phone, lid), force: false, told);
        Assert.Empty(write);
        var conflict = Assert.Single(taken.Conflicts);
        Assert.Equal(("server-learned", Pair(phone, lid)), (conflict.Reason, conflict.Pair));
        Assert.Equal([told], conflict.Existing);

        (write, taken) = Judge(Pair(phone, lid), force: true, told);
        Assert.Equal([Pair(phone, lid)], write);
        Assert.Equal((0, 1, 0), (taken.Created, taken.Updated, taken.Conflicts.Count));
    }

    [Fact]
    public void What_was_entered_by_hand_is_replaced_without_force() =>
        Assert.Equal([Pair(2, 103)], Judge(Pair(2, 103), force: false, Known(2, 102, "manual")).Write);

    [Fact]
    public void Of_a_lid_that_moved_the_newest_number_counts()
    {
        var (write, taken) = Judge(Pair(2, 102), force: true, Known(2, 102, "usync", 1), Known(3, 102, "usync", 2));
        Assert.Equal([Pair(2, 102)], write);
        Assert.Equal(1, taken.Updated);
        Assert.Equal(Known(3, 102, "usync", 2), Assert.Single(Assert.Single(Judge(Pair(2, 102), force: false, Known(2, 102, "usync", 1), Known(3, 102, "usync", 2)).Taken.Conflicts).Existing));
    }

    [Theory, InlineData(1, 103), InlineData(3, 101)]
    public void Our_own_addresses_are_not_given_away_even_by_force(int phone, int lid)
    {
        var (write, taken) = Judge(Pair(phone, lid), force: true);
        Assert.Empty(write);
        Assert.Equal("own-account", Assert.Single(taken.Conflicts).Reason);
        Assert.Equal(1, Judge(Own, force: false).Taken.Updated);
    }
}
