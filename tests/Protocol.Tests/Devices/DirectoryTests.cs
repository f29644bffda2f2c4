using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Schema;
using Xunit;

namespace WhatsApp.Protocol.Tests.Devices;

public sealed class DirectoryTests
{
    private static ReadOnlyMemory<byte> Indexes(uint current, params uint[] valid)
    {
        var list = new ADVKeyIndexList { CurrentIndex = current };
        list.ValidIndexes.AddRange(valid);
        return new ADVSignedKeyIndexList { Details = list.ToByteString() }.ToByteArray();
    }

    private static UsyncDevices Devices(ReadOnlyMemory<byte>? indexes, params UsyncDevice[] devices) => new(devices, indexes);

    [Fact]
    public void A_companion_counts_when_the_phone_lists_its_index_or_it_is_newer_than_the_list() =>
        Assert.Equal([0, 2, 4], KeyIndexFilter.Apply(Devices(Indexes(5, 3),
            new(0, null, false), new(1, 2, false), new(2, 3, false), new(3, null, false), new(4, 9, false), new(99, 3, false), new(5, 3, true)))!);

    [Fact]
    public void Companions_without_a_readable_list_make_the_answer_worthless()
    {
        Assert.Null(KeyIndexFilter.Apply(Devices(null, new(0, null, false), new(2, 3, false))));
        Assert.Null(KeyIndexFilter.Apply(Devices(new byte[] { 0xFF }, new(0, null, false), new(2, 3, false))));
    }

    [Fact]
    public void A_phone_alone_needs_no_list() => Assert.Equal([0], KeyIndexFilter.Apply(Devices(null, new UsyncDevice(0, null, false)))!);

    [Fact]
    public void A_user_with_an_error_has_no_list_and_broken_entries_are_skipped()
    {
        var answer = new Node("iq", [("type", "result")], [new Node("usync", [], [new Node("list", [],
        [
            new Node("user", [("jid", "1@lid")], [new Node("devices", [], [new Node("error", ("code", "404"))])]),
            new Node("user", [("jid", "2@lid")], [new Node("devices", [], [new Node("device-list", [], [new Node("device", ("id", "0")), new Node("device", ("id", "x")), new Node("device", ("id", "700"))])])]),
            new Node("user", [("jid", "5511@s.whatsapp.net")], [new Node("contact", [("type", "in")], "+5511"), new Node("lid", ("val", "3@lid"))]),
            new Node("user", [("jid", "undefined")], [new Node("contact", [("type", "invalid")], "+1")]),
            new Node("user"),
        ])])]);
        var users = Usync.Read(answer);
        Assert.Equal(4, users.Count);
        Assert.Null(users[0].Devices);
        Assert.Equal(0, Assert.Single(users[1].Devices!.Devices).Id);
        Assert.Equal(("5511@s.whatsapp.net", "3@lid", "in", "5511"), (users[2].Phone.ToString(), users[2].Lid.ToString(), users[2].Contact!.Type, users[2].Contact!.Digits));
        Assert.Null(users[3].Phone);
        Assert.Empty(Usync.Read(new Node("iq")));
    }

    [Theory]
    [InlineData("5511987654321", "551187654321")]
    [InlineData("551187654321", "5511987654321")]
    [InlineData("5215512345678", "525512345678")]
    [InlineData("525512345678", "5215512345678")]
    [InlineData("5491123456789", "541123456789")]
    [InlineData("541123456789", "5491123456789")]
    [InlineData("551133334444", null)]
    [InlineData("4915112345678", null)]
    public void Numbers_with_two_spellings_are_asked_in_both(string given, string? other)
    {
        var forms = PhoneForms.Of(new Jid(given, Jid.PhoneServer));
        Assert.Equal(other is null ? [given] : [given, other], forms.Select(form => form.User));
    }

    [Fact]
    public void The_cache_forgets_what_was_used_longest_ago()
    {
        var cache = new LruCache<int, string>(2);
        cache.Set(1, "a");
        cache.Set(2, "b");
        Assert.True(cache.TryGet(1, out _));
        cache.Set(3, "c");
        Assert.False(cache.TryGet(2, out _));
        cache.Fill(1, "loaded later");
        Assert.True(cache.TryGet(1, out var value) && value == "a");
        Assert.Equal(2, cache.Count);
    }
}
