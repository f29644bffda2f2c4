using CsCheck;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Tests.Binary;

public sealed class JidTests
{
    [Theory]
    [InlineData("5511999990000@s.whatsapp.net", "5511999990000", "s.whatsapp.net", 0)]
    [InlineData("5511999990000:7@s.whatsapp.net", "5511999990000", "s.whatsapp.net", 7)]
    [InlineData("998877665541:99@lid", "998877665541", "lid", 99)]
    [InlineData("120363025246125486@g.us", "120363025246125486", "g.us", 0)]
    [InlineData("5511999990000-1400000000@g.us", "5511999990000-1400000000", "g.us", 0)]
    [InlineData("status@broadcast", "status", "broadcast", 0)]
    [InlineData("7-555:1000@interop", "7-555", "interop", 1000)]
    [InlineData("s.whatsapp.net", "", "s.whatsapp.net", 0)]
    public void Address_is_read_and_printed_alike(string text, string user, string server, int device)
    {
        var jid = Jid.Parse(text);

        Assert.Equal((user, server, device), (jid.User, jid.Server, jid.Device));
        Assert.Equal(text, jid.ToString());
    }

    [Theory]
    [InlineData("5511999990000:0@s.whatsapp.net", "5511999990000@s.whatsapp.net")]
    [InlineData("5511999990000_0:7@s.whatsapp.net", "5511999990000:7@s.whatsapp.net")]
    [InlineData("5511999990000.0:7@s.whatsapp.net", "5511999990000:7@s.whatsapp.net")]
    [InlineData("998877665541_1@lid", "998877665541@lid")]
    public void Historic_forms_are_read_and_printed_in_the_current_form(string text, string printed) =>
        Assert.Equal(printed, Jid.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("@lid")]
    [InlineData("1@")]
    [InlineData("1@2@lid")]
    [InlineData("1:@lid")]
    [InlineData("1:x@lid")]
    [InlineData("1:-1@lid")]
    [InlineData("1:2:3@lid")]
    [InlineData("1:256@lid")]
    [InlineData(":1@lid")]
    [InlineData("1:70000@msgr")]
    public void What_is_not_an_address_is_refused(string text)
    {
        Assert.False(Jid.TryParse(text, out _));
        Assert.Throws<FormatException>(() => Jid.Parse(text));
    }

    [Fact]
    public void Printing_and_reading_again_gives_the_same_address() =>
        Gen.Select(Gen.String[Gen.Char["0123456789abc-"], 1, 20], Gen.OneOf("s.whatsapp.net", "lid", "hosted", "hosted.lid"), Gen.Int[0, 255])
            .Select((user, server, device) => new Jid(user, server, device))
            .Sample(jid => Jid.Parse(jid.ToString()) == jid);

    [Fact]
    public void Any_text_is_read_or_refused() => Gen.String[Gen.Char["0123@:._-lid"], 0, 12].Sample(text =>
    {
        if (Jid.TryParse(text, out var jid))
            Assert.Equal(jid, Jid.Parse(jid.ToString()));
        else
            Assert.True(jid.IsEmpty);
    });

    [Theory]
    [InlineData("1:99@hosted", "1@s.whatsapp.net")]
    [InlineData("1:99@hosted.lid", "1@lid")]
    [InlineData("1@c.us", "1@s.whatsapp.net")]
    [InlineData("1:5@lid", "1@lid")]
    [InlineData("1-2@g.us", "1-2@g.us")]
    public void Account_of_an_address_is_canonical(string text, string account) =>
        Assert.Equal(account, Jid.Parse(text).ToAccount().ToString());

    [Fact]
    public void Phone_number_and_lid_of_one_person_are_different_accounts()
    {
        Assert.True(Jid.Parse("1:5@s.whatsapp.net").IsSameAccount(Jid.Parse("1:99@hosted")));
        Assert.False(Jid.Parse("1@s.whatsapp.net").IsSameAccount(Jid.Parse("1@lid")));
    }
}
