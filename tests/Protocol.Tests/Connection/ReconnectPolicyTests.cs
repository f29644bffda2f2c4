using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol.Tests.Connection;

/// <summary>The tables of wire/01 §11.1 and §11.2, one line per reason, from the stanza to the action.</summary>
public class ReconnectPolicyTests
{
    [Theory]
    [InlineData("400", nameof(ReconnectAction.Stop), "bad_session")]
    [InlineData("401", nameof(ReconnectAction.Forget), "logged_out")]
    [InlineData("402", nameof(ReconnectAction.Restricted), "restricted")]
    [InlineData("403", nameof(ReconnectAction.Forget), "banned")]
    [InlineData("405", nameof(ReconnectAction.Upgrade), "client_outdated")]
    [InlineData("406", nameof(ReconnectAction.Forget), "banned")]
    [InlineData("409", nameof(ReconnectAction.Stop), "bad_session")]
    [InlineData("413", nameof(ReconnectAction.Backoff), "connection_lost")]
    [InlineData("414", nameof(ReconnectAction.Backoff), "connection_lost")]
    [InlineData("415", nameof(ReconnectAction.Stop), "bad_session")]
    [InlineData("418", nameof(ReconnectAction.Stop), "bad_session")]
    [InlineData("419", nameof(ReconnectAction.Forget), "logged_out")]
    [InlineData("500", nameof(ReconnectAction.Backoff), "connection_lost")]
    [InlineData("501", nameof(ReconnectAction.Backoff), "connection_lost")]
    [InlineData("503", nameof(ReconnectAction.Backoff), "connection_lost")]
    [InlineData("599", nameof(ReconnectAction.Stop), "bad_session")]
    [InlineData(null, nameof(ReconnectAction.Backoff), "connection_lost")]
    public void A_login_failure_leads_to_its_action(string? reason, string action, string name) =>
        AssertDecision(new Node("failure", ("reason", reason), ("location", "cln")), action, name);

    [Theory]
    [InlineData("515", nameof(ReconnectAction.Now), "restart_required")]
    [InlineData("516", nameof(ReconnectAction.Forget), "logged_out")]
    [InlineData("401", nameof(ReconnectAction.Backoff), "connection_lost")]
    [InlineData("503", nameof(ReconnectAction.Backoff), "connection_lost")]
    [InlineData("500", nameof(ReconnectAction.Backoff), "connection_lost")]
    [InlineData("599", nameof(ReconnectAction.Backoff), "connection_lost")]
    [InlineData("409", nameof(ReconnectAction.Stop), "connection_replaced")]
    [InlineData("429", nameof(ReconnectAction.LongBackoff), "connection_lost")]
    [InlineData("777", nameof(ReconnectAction.Backoff), "connection_lost")]
    [InlineData(null, nameof(ReconnectAction.Backoff), "connection_lost")]
    public void A_stream_error_code_leads_to_its_action(string? code, string action, string name) =>
        AssertDecision(new Node("stream:error", ("code", code)), action, name);

    [Theory]
    [InlineData(null)]
    [InlineData("401")]
    [InlineData("515")]
    public void Replaced_stops_whatever_the_code(string? code) =>
        AssertDecision(new Node("stream:error", [("code", code)], [new Node("conflict", ("type", "replaced"))]), nameof(ReconnectAction.Stop), "connection_replaced");

    [Fact]
    public void Device_removed_forgets_the_device() =>
        AssertDecision(new Node("stream:error", [("code", "401")], [new Node("conflict", ("type", "device_removed"))]), nameof(ReconnectAction.Forget), "logged_out");

    [Fact]
    public void Missing_acks_reconnect() =>
        AssertDecision(new Node("stream:error", [], [new Node("ack", ("id", "1"))]), nameof(ReconnectAction.Backoff), "connection_lost");

    [Fact]
    public void Xml_not_well_formed_reconnects() =>
        AssertDecision(new Node("stream:error", [], [new Node("xml-not-well-formed")]), nameof(ReconnectAction.Backoff), "connection_lost");

    [Fact]
    public void The_end_of_the_stream_reconnects() => AssertDecision(new Node("xmlstreamend"), nameof(ReconnectAction.Backoff), "connection_lost");

    [Theory]
    [InlineData(nameof(EndKind.ConnectFailed), nameof(ReconnectAction.Backoff), "connection_lost")]
    [InlineData(nameof(EndKind.HandshakeFailed), nameof(ReconnectAction.Backoff), "connection_lost")]
    [InlineData(nameof(EndKind.LoginTimeout), nameof(ReconnectAction.Backoff), "timed_out")]
    [InlineData(nameof(EndKind.SocketClosed), nameof(ReconnectAction.Backoff), "connection_lost")]
    [InlineData(nameof(EndKind.Silent), nameof(ReconnectAction.Backoff), "timed_out")]
    [InlineData(nameof(EndKind.WriteTimeout), nameof(ReconnectAction.Backoff), "timed_out")]
    [InlineData(nameof(EndKind.BadFrame), nameof(ReconnectAction.Backoff), "connection_lost")]
    [InlineData(nameof(EndKind.StoreFailed), nameof(ReconnectAction.Backoff), "connection_lost")]
    [InlineData(nameof(EndKind.OpeningFailed), nameof(ReconnectAction.Backoff), "connection_lost")]
    [InlineData(nameof(EndKind.Paired), nameof(ReconnectAction.Now), "restart_required")]
    [InlineData(nameof(EndKind.QrTimeout), nameof(ReconnectAction.Stop), "qr_timeout")]
    [InlineData(nameof(EndKind.Restart), nameof(ReconnectAction.Now), "stopped")]
    [InlineData(nameof(EndKind.Logout), nameof(ReconnectAction.Forget), "logged_out")]
    [InlineData(nameof(EndKind.Stop), nameof(ReconnectAction.Stop), "stopped")]
    public void An_end_without_a_stanza_leads_to_its_action(string kind, string action, string name)
    {
        var decision = ReconnectPolicy.Decide(new ConnectionEnd(Enum.Parse<EndKind>(kind)));

        Assert.Equal((action, name), (decision.Action.ToString(), decision.Reason));
    }

    [Fact]
    public void Only_the_servers_or_the_owners_logout_gives_up_the_credentials()
    {
        var givingUp = Enum.GetValues<EndKind>().Where(kind => !ReconnectPolicy.Decide(new ConnectionEnd(kind)).KeepsCredentials);

        Assert.Equal([EndKind.DeviceRemoved, EndKind.Logout], givingUp);
    }

    [Fact]
    public void A_refused_first_login_after_pairing_starts_a_new_QR_round()
    {
        var end = StreamGoodbye.Read(new Node("failure", ("reason", "401")))!;

        Assert.Equal(ReconnectAction.NewQrRound, ReconnectPolicy.Decide(end, everLoggedIn: false).Action);
    }

    [Theory]
    [InlineData("101", "too-many-strangers")]
    [InlineData("102", "blocked-by-many")]
    [InlineData("103", "groups-with-strangers")]
    [InlineData("104", "same-message-to-many")]
    [InlineData("106", "broadcast-list")]
    [InlineData("105", "temporary-ban")]
    public void A_temporary_ban_tells_why_and_how_long(string code, string detail)
    {
        var end = StreamGoodbye.Read(new Node("failure", ("reason", "402"), ("code", code), ("expire", "3600")))!;

        Assert.Equal(detail, end.Detail);
        Assert.Equal(TimeSpan.FromHours(1), end.BanLeft);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("99999999999999")]
    public void A_ban_without_a_sensible_end_has_none(string? expire) =>
        Assert.Null(StreamGoodbye.Read(new Node("failure", ("reason", "402"), ("expire", expire)))!.BanLeft);

    [Fact]
    public void Other_stanzas_do_not_end_the_connection() => Assert.Null(StreamGoodbye.Read(new Node("success", ("t", "1"))));

    private static void AssertDecision(Node stanza, string action, string name)
    {
        var decision = ReconnectPolicy.Decide(StreamGoodbye.Read(stanza)!);

        Assert.Equal((action, name), (decision.Action.ToString(), decision.Reason));
    }
}
