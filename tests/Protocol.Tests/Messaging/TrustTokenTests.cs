using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;
using System.Text;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Messaging.AddOns;
using WhatsApp.Protocol.Messaging.Trust;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Messaging.Relay;
using Xunit;

namespace WhatsApp.Protocol.Tests.Messaging;

public sealed class TrustTokenTests
{
    private const long Week = 604_800;
    private const long Start = 1_700_000_000;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(Start));
    private readonly RelayNetwork _network = new();
    private readonly List<Node> _given = [];

    private async Task<(RelayDevice Ana, RelayDevice Bob)> StartAsync()
    {
        _network.OnQuery = (_, iq) =>
        {
            if (iq["xmlns"] != "privacy")
                return null;
            lock (_given)
                _given.Add(iq.Child("tokens")!.Child("token")!);
            return new Node("iq", ("type", "result"));
        };
        return (await _network.AddAccount("5511900000001", "101").AddDeviceAsync(1, _time), await _network.AddAccount("5511900000002", "102").AddDeviceAsync(0, _time));
    }

    private static Node Told(RelayDevice contact, long at, byte token, bool byLid = true) => new("notification",
        [("id", $"n{at}{token}"), ("from", (byLid ? contact.Account.Lid : contact.Account.Phone).ToString()), ("sender_lid", byLid ? null : contact.Account.Lid.ToString()), ("type", "privacy_token"), ("t", "1")],
        [new Node("tokens", [], [new Node("token", [("type", "trusted_contact"), ("t", $"{at}")], new byte[] { token, 2, 3 })])]);

    private static Node LastMessage(RelayDevice device) => device.Sent.Last(node => node.Tag == "message");

    private static byte[]? TokenOf(Node message) => message.Child("tctoken")?.Bytes?.ToArray();

    [Theory, InlineData(true), InlineData(false)]
    public async Task What_a_contact_gave_is_shown_when_we_write_to_him_also_after_a_restart(bool byLid)
    {
        var (ana, bob) = await StartAsync();
        await ana.SendAsync(bob.Account.Phone, "before");
        Assert.Null(TokenOf(LastMessage(ana)));
        ana.Deliver(Told(bob, Start - 100, 7, byLid));
        await ana.UntilAsync(device => device.Sent.Any(node => node.Tag == "ack" && node["type"] == "privacy_token"));
        ana.Restart();
        await ana.ConnectAsync();
        await ana.SendAsync(bob.Account.Phone, "after");

        Assert.Equal([7, 2, 3], TokenOf(LastMessage(ana)));
        await bob.UntilAsync(device => device.Texts.Contains("after"));
    }

    [Fact]
    public async Task What_a_contact_gave_since_the_last_message_is_shown_with_those_that_follow()
    {
        var (ana, bob) = await StartAsync();
        await ana.SendAsync(bob.Account.Phone, "before");
        ana.Deliver(Told(bob, Start - 100, 7));
        await ana.UntilAsync(device => device.Sent.Any(node => node.Tag == "ack" && node["type"] == "privacy_token"));
        foreach (var text in new[] { "after", "again" })
        {
            await ana.SendAsync(bob.Account.Phone, text);
            Assert.Equal([7, 2, 3], TokenOf(LastMessage(ana)));
        }
    }

    [Fact]
    public async Task An_older_token_changes_nothing_and_one_of_five_weeks_ago_is_not_shown()
    {
        var (ana, bob) = await StartAsync();
        foreach (var (at, token) in new[] { (Start - 100, (byte)7), (Start - 200, (byte)8) })
            ana.Deliver(Told(bob, at, token));
        await ana.UntilAsync(device => device.Sent.Count(node => node["type"] == "privacy_token") == 2);
        Assert.Equal((byte)7, ana.Store.PrivacyTokens[bob.Account.Lid].Token![0]);
        _time.Advance(TimeSpan.FromDays(35));
        await ana.SendAsync(bob.Account.Phone, "late");

        Assert.Null(TokenOf(LastMessage(ana)));
    }

    [Fact]
    public async Task A_notification_that_is_none_is_acknowledged_and_changes_nothing()
    {
        var (ana, bob) = await StartAsync();
        Node[] odd =
        [
            new("notification", ("id", "a"), ("from", bob.Account.Lid.ToString()), ("type", "privacy_token")),
            new("notification", ("id", "b"), ("from", "s.whatsapp.net"), ("type", "privacy_token")),
            new("notification", [("id", "c"), ("from", bob.Account.Lid.ToString()), ("type", "privacy_token")], [new Node("tokens", [], [new Node("token", [("type", "trusted_contact"), ("t", "x")], new byte[3])])]),
            new("notification", [("id", "d"), ("from", bob.Account.Lid.ToString()), ("type", "privacy_token")], [new Node("tokens", [], [new Node("token", [("type", "other"), ("t", "1")], new byte[3])])]),
            new("notification", [("id", "e"), ("from", bob.Account.Lid.ToString()), ("type", "privacy_token")], [new Node("tokens", [], [new Node("token", [("type", "trusted_contact"), ("t", "1")], new byte[5000])])]),
        ];
        foreach (var notification in odd)
            ana.Deliver(notification);
        await ana.UntilAsync(device => device.Sent.Count(node => node.Tag == "ack" && node["type"] == "privacy_token") == odd.Length);

        Assert.Empty(ana.Store.PrivacyTokens);
        Assert.Null(ana.PumpFailure);
    }

    [Fact]
    public async Task Who_was_written_to_gets_our_token_once_a_week()
    {
        var (ana, bob) = await StartAsync();
        await ana.SendAsync(bob.Account.Phone, "one");
        await ana.UntilAsync(device => device.Store.PrivacyTokens.Count == 1);
        await ana.SendAsync(bob.Account.Phone, "two");
        await ana.UntilAsync(device => device.Store.Messages.Values.Count(row => row.Status >= MessageStatus.ServerAck) == 2);
        Assert.Single(_given);
        _time.Advance(TimeSpan.FromSeconds(Week));
        await ana.SendAsync(bob.Account.Phone, "three");
        await ana.UntilAsync(device => device.Store.PrivacyTokens.Values.Single().IssuedAt == Start + Week);

        Assert.Equal([(bob.Account.Lid.ToString(), $"{Start}", "trusted_contact"), (bob.Account.Lid.ToString(), $"{Start + Week}", "trusted_contact")],
            _given.Select(token => (token["jid"]!, token["t"]!, token["type"]!)));
    }

    [Fact]
    public async Task Writing_to_ourselves_gives_no_token()
    {
        var (ana, _) = await StartAsync();
        var phone = await ana.Account.AddDeviceAsync(0, _time);
        await ana.SendAsync(ana.Account.Phone, "note");
        await phone.UntilAsync(device => device.Arrived.Count == 1);

        Assert.DoesNotContain(LastMessage(ana).Children, child => child.Tag == "tctoken");
        Assert.Empty(_given);
    }

    [Fact]
    public async Task A_refused_token_costs_no_message()
    {
        var (ana, bob) = await StartAsync();
        _network.OnQuery = (_, iq) => iq["xmlns"] == "privacy" ? throw new WhatsApp.Protocol.Connection.IqErrorException(400, "bad-request") : null;
        await ana.SendAsync(bob.Account.Phone, "one");
        await ana.SendAsync(bob.Account.Phone, "two");
        await bob.UntilAsync(device => device.Texts.Count == 2);

        Assert.Empty(ana.Store.PrivacyTokens);
    }

    [Fact]
    public async Task A_contact_with_a_new_identity_gets_the_token_again_with_its_old_time()
    {
        var (ana, bob) = await StartAsync();
        await ana.SendAsync(bob.Account.Phone, "one");
        await ana.UntilAsync(device => device.Store.PrivacyTokens.Count == 1);
        _time.Advance(TimeSpan.FromHours(2));
        ana.Deliver(new Node("notification", [("id", "n1"), ("from", bob.Account.Lid.ToString()), ("type", "encrypt"), ("t", "1")], [new Node("identity")]));
        await ana.UntilAsync(_ => { lock (_given) return _given.Count == 2; });

        Assert.Equal([$"{Start}", $"{Start}"], _given.Select(token => token["t"]));
    }

    [Fact]
    public async Task Error_463_fails_once_says_until_when_and_gives_a_token_for_next_time()
    {
        var (ana, bob) = await StartAsync();
        var before = _network.OnQuery!;
        var asked = 0;
        _network.OnQuery = (from, iq) => iq["xmlns"] == "w:mex"
            ? new Node("iq", [("type", "result")], [new Node("result", [], Encoding.UTF8.GetBytes($$$$"""{"data":{"xwa2_fetch_account_reachout_timelock":{"is_active":true,"time_enforcement_ends":"{{{{Start + 3600}}}}"}}}"""))])
            : before(from, iq);
        _network.AckFor = (_, message) =>
        {
            asked++;
            return RelayNetwork.Ack(message, error: "463");
        };
        var refused = await Assert.ThrowsAsync<SendFailedException>(() => ana.SendAsync(bob.Account.Phone, "hello stranger"));
        await ana.UntilAsync(_ => { lock (_given) return _given.Count == 1; });

        Assert.Equal(("reachout-timelock", 463, DateTimeOffset.FromUnixTimeSeconds(Start + 3600), 1), (refused.Code, refused.Nack, refused.Until, asked));
        var failed = await ana.EventAsync<MessageFailed>();
        Assert.Equal(("reachout-timelock", 463, refused.Until), (failed.Code, failed.Nack, failed.Until));
    }

    [Fact]
    public async Task What_the_server_told_of_the_lock_is_used_when_it_does_not_answer()
    {
        var (ana, bob) = await StartAsync();
        ana.Deliver(new Node("notification", [("id", "m1"), ("from", "s.whatsapp.net"), ("type", "mex"), ("t", "1")],
            [new Node("update", [("op_name", "NotificationUserReachoutTimelockUpdate")], Encoding.UTF8.GetBytes($$$$"""{"data":{"xwa2_notify_account_reachout_timelock":{"is_active":true,"time_enforcement_ends":{{{{(Start + 60) * 1000}}}}}}}"""))]));
        _network.AckFor = (_, message) => RelayNetwork.Ack(message, error: "463");
        var refused = await Assert.ThrowsAsync<SendFailedException>(() => ana.SendAsync(bob.Account.Phone, "hello stranger"));

        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(Start + 60), refused.Until);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"data":[]}""")]
    [InlineData("""{"data":{"x":1}}""")]
    public void A_malformed_answer_about_the_lock_is_none(string json) => Assert.Null(ReachoutTimelock.Read(Encoding.UTF8.GetBytes(json), "x"));

    [Theory]
    [InlineData("""{"is_active":true,"time_enforcement_ends":"2026-11-22T15:30:00Z"}""", 1795361400L)]
    [InlineData("""{"is_active":true,"time_enforcement_ends":"garbage"}""", null)]
    [InlineData("""{"is_active":false,"time_enforcement_ends":"1795361400"}""", null)]
    [InlineData("""{"is_active":true}""", null)]
    [InlineData("""{"is_active":true,"time_enforcement_ends":"99999999999999999999"}""", null)]
    public void The_end_of_the_lock_is_read_in_every_form(string told, long? ends) =>
        Assert.Equal(ends, ReachoutTimelock.Read(Encoding.UTF8.GetBytes($$$$"""{"data":{"x":{{{{told}}}}}}"""), "x")!.Value.Ends?.ToUnixTimeSeconds());

    [Theory]
    [InlineData("5511900000001@s.whatsapp.net", true)]
    [InlineData("101@lid", true)]
    [InlineData("0@s.whatsapp.net", false)]
    [InlineData("13135550002@s.whatsapp.net", false)]
    [InlineData("13165550012@s.whatsapp.net", false)]
    [InlineData("120363000000000001@g.us", false)]
    public void Tokens_are_for_persons(string account, bool takes) => Assert.Equal(takes, TrustWindow.Takes(Jid.Parse(account)));

    [Fact]
    public void A_token_holds_for_four_weeks_of_the_calendar()
    {
        Assert.True(TrustWindow.Holds(10 * Week, (14 * Week) - 1));
        Assert.False(TrustWindow.Holds((11 * Week) - 1, 14 * Week));
        Assert.True(TrustWindow.IsDue(null, 5));
        Assert.False(TrustWindow.IsDue(10 * Week, (11 * Week) - 1));
        Assert.True(TrustWindow.IsDue((11 * Week) - 1, 11 * Week));
    }

    [Fact]
    public async Task Every_text_carries_a_reporting_token_that_its_receiver_can_check_and_a_reaction_none()
    {
        var (ana, bob) = await StartAsync();
        var sent = await ana.SendAsync(bob.Account.Phone, "oi");
        await bob.UntilAsync(device => device.Arrived.Count == 1);
        var token = LastMessage(ana).Child("reporting")!.Child("reporting_token")!;
        var received = bob.Store.Messages.Values.Single();
        var expected = ReportingToken.For(Message.Parser.ParseFrom(received.Content), received.Content, sent.MessageId, ana.Account.Lid, bob.Account.Lid)!.Child("reporting_token")!;

        Assert.Equal(("2", 16), (token["v"], token.Bytes!.Value.Length));
        Assert.Equal(expected.Bytes!.Value.ToArray(), token.Bytes!.Value.ToArray());
        await ana.Feature.SendAsync(new OutgoingMessage(null, new OutgoingReaction(new MessageReference(sent.MessageId), "👍")), CancellationToken.None);
        Assert.Null(LastMessage(ana).Child("reporting"));
    }
}
