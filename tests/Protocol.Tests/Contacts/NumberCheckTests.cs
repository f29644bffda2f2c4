using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Contacts;

namespace WhatsApp.Protocol.Tests.Contacts;

public sealed class NumberCheckTests
{
    private static Jid Phone(string digits) => new(digits, Jid.PhoneServer);

    private static Node Answer(params Node[] users) => new("iq", [("type", "result")], [new Node("usync", [], [new Node("result", [], [new Node("contact")]), new Node("list", [], users)])]);

    private static Node User(string? jid, string type, string? echo, string? lid = null, string? phone = null)
    {
        List<Node> children = [echo is null ? new Node("contact", ("type", type)) : new Node("contact", [("type", type)], echo)];
        if (lid is not null)
            children.Add(new Node("lid", ("val", lid)));
        return new Node("user", [("jid", jid), ("pn_jid", phone)], children);
    }

    private static CheckedNumber Read(string digits, params Node[] users) => Assert.Single(NumberCheck.Read(Answer(users), [Phone(digits)]));

    [Fact]
    public void All_numbers_and_their_other_forms_are_asked_at_once_with_a_plus()
    {
        var usync = NumberCheck.Question("S", [Phone("5511987654321"), Phone("551187654321"), Phone("14155550100")]).Child("usync")!;
        Assert.Equal(["contact", "lid"], usync.Child("query")!.Children.Select(protocol => protocol.Tag));
        Assert.Equal(["+5511987654321", "+551187654321", "+14155550100"], usync.Child("list")!.Children.Select(user => user.Child("contact")!.Text));
    }

    [Fact]
    public void The_number_is_the_one_the_server_returns() =>
        Assert.Equal(new CheckedNumber(Phone("5511987654321"), true, Phone("551187654321"), Jid.Parse("7@lid")),
            Read("5511987654321", User("551187654321@s.whatsapp.net", "in", "+5511987654321", "7@lid"), User("551187654321@s.whatsapp.net", "in", "+551187654321", "7@lid")));

    [Fact]
    public void A_lid_answer_gives_both_addresses() =>
        Assert.Equal(new CheckedNumber(Phone("14155550100"), true, Phone("14155550100"), Jid.Parse("7@lid")),
            Read("14155550100", User("7@lid", "in", "+14155550100", phone: "14155550100@s.whatsapp.net")));

    [Fact]
    public void Only_a_no_to_every_form_is_a_no()
    {
        Assert.False(Read("5511987654321", User("5511987654321@s.whatsapp.net", "out", "+5511987654321"), User("551187654321@s.whatsapp.net", "out", "+551187654321")).Exists);
        Assert.Null(Read("5511987654321", User("5511987654321@s.whatsapp.net", "out", "+5511987654321")).Exists);
        Assert.False(Read("14155550100", User("undefined", "invalid", "+14155550100")).Exists);
        Assert.Null(Read("14155550100").Exists);
        Assert.Null(Read("14155550100", new Node("user"), User(null, "in", "+14155550100"), User("14155550199@s.whatsapp.net", "in", "+14155550199")).Exists);
    }

    [Fact]
    public void A_refusal_of_the_whole_question_is_an_error()
    {
        var refused = new Node("iq", [], [new Node("usync", [], [new Node("result", [], [new Node("contact", [], [new Node("error", ("code", "429"), ("text", "rate-overlimit"))])])])]);
        Assert.Equal(429, Assert.Throws<IqErrorException>(() => NumberCheck.Read(refused, [Phone("14155550100")])).Code);
        Assert.Null(Assert.Single(NumberCheck.Read(new Node("iq"), [Phone("14155550100")])).Exists);
    }
}
