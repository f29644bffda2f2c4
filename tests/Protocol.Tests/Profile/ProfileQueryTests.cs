using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Profile;

namespace WhatsApp.Protocol.Tests.Profile;

public sealed class ProfileQueryTests
{
    private static readonly Jid Ana = Jid.Parse("5511900000002@s.whatsapp.net");

    private static Node Picture(params (string, string?)[] attributes) => new("iq", [], [new Node("picture", attributes)]);

    private static UserProfile User(Node user) => Assert.Single(ProfileQueries.ReadUsers(new Node("iq", [], [new Node("usync", [], [new Node("list", [], [user])])])));

    [Fact]
    public void A_picture_is_asked_for_by_its_owner_and_size()
    {
        var iq = ProfileQueries.Picture(Ana, "preview");
        Assert.Equal(("get", "w:profile:picture", "s.whatsapp.net", Ana.ToString()), (iq["type"], iq["xmlns"], iq["to"], iq["target"]));
        Assert.Equal(("preview", "url"), (iq.Child("picture")!["type"], iq.Child("picture")!["query"]));
    }

    [Fact]
    public void A_picture_is_read_and_none_is_null()
    {
        Assert.Equal(new ProfilePicture("7", "https://host/p.jpg", "/p.jpg", "image"),
            ProfileQueries.ReadPicture(Picture(("id", "7"), ("url", "https://host/p.jpg"), ("direct_path", "/p.jpg"), ("type", "image"))));
        Assert.Null(ProfileQueries.ReadPicture(new Node("iq")));
        Assert.Null(ProfileQueries.ReadPicture(Picture(("status", "204"))));
        Assert.Null(ProfileQueries.ReadPicture(Picture(("id", "7"))));
        Assert.Null(ProfileQueries.ReadPicture(new Node("iq", [], [new Node("picture", [], [new Node("error", ("code", "404"))])])));
    }

    [Fact]
    public void A_refusal_inside_the_picture_is_a_refusal() =>
        Assert.Equal(401, Assert.Throws<IqErrorException>(() => ProfileQueries.ReadPicture(new Node("iq", [], [new Node("picture", [], [new Node("error", ("code", "401"))])]))).Code);

    [Fact]
    public void Numbers_are_asked_with_a_plus_and_a_lid_without_a_number()
    {
        var numbers = ProfileQueries.Numbers("S", [Ana]).Child("usync")!;
        Assert.Equal(["contact", "lid", "status"], numbers.Child("query")!.Children.Select(protocol => protocol.Tag));
        Assert.Equal("+5511900000002", numbers.Child("list")!.Children[0].Child("contact")!.Text);
        var lid = ProfileQueries.Lid("S", Jid.Parse("7@lid")).Child("usync")!;
        Assert.Equal(["status"], lid.Child("query")!.Children.Select(protocol => protocol.Tag));
        Assert.Equal("7@lid", lid.Child("list")!.Children[0]["jid"]);
    }

    [Fact]
    public void A_user_is_read_in_both_addresses()
    {
        Assert.Equal(new UserProfile { Exists = true, Phone = Ana, Lid = Jid.Parse("7@lid"), About = "Hi", AboutSetAt = 1_700_000_000 },
            User(new Node("user", [("jid", Ana.ToString())], [new Node("contact", ("type", "in")), new Node("lid", ("val", "7@lid")), new Node("status", [("t", "1700000000")], "Hi")])));
        Assert.Equal(new UserProfile { Phone = Ana, Lid = Jid.Parse("7@lid") }, User(new Node("user", [("jid", "7@lid"), ("pn_jid", Ana.ToString())], [new Node("status")])));
    }

    [Theory, InlineData("401", true), InlineData("403", true), InlineData("404", false)]
    public void An_about_text_that_is_hidden_says_so(string code, bool hidden)
    {
        Assert.Equal(hidden, User(new Node("user", [("jid", Ana.ToString())], [new Node("status", ("code", code))])).AboutHidden);
        Assert.Equal(hidden, User(new Node("user", [("jid", Ana.ToString())], [new Node("status", [], [new Node("error", ("code", code))])])).AboutHidden);
    }

    [Fact]
    public void An_invalid_number_is_a_no_and_a_user_without_address_is_left_out()
    {
        Assert.Equal(new UserProfile { Exists = false }, User(new Node("user", [("jid", "undefined")], [new Node("contact", ("type", "invalid"))])));
        Assert.Empty(ProfileQueries.ReadUsers(new Node("iq", [], [new Node("usync", [], [new Node("list", [], [new Node("user"), new Node("user", ("jid", "@lid"))])])])));
    }
}
