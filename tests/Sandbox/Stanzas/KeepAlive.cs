using System.Globalization;
using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Network;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>Pings both ways (wire/01 §9). A client that does not answer ours is not disconnected for that; one that is silent too long is.</summary>
internal static class KeepAlive
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    /// <summary><c>&lt;iq from id type="result" t/&gt;</c></summary>
    public static Node Answer(SandboxServer server, Node iq)
    {
        server.Stats.Pinged();
        return new Node("iq", ("from", iq["to"] ?? Jid.PhoneServer), ("id", iq["id"]), ("type", "result"), ("t", server.NowText));
    }

    /// <summary>One loop for all connections: pings the silent, closes the dead.</summary>
    public static async Task RunAsync(SandboxServer server, CancellationToken stop)
    {
        var options = server.Options;
        var pinged = new HashSet<Connection>();
        using var timer = new PeriodicTimer(Step, options.Time);
        while (await timer.WaitForNextTickAsync(stop))
        {
            foreach (var connection in server.Connections.All)
            {
                var silence = connection.Silence;
                if (silence >= options.IdleTimeout)
                    connection.Close(null);
                else if (options.PingInterval <= TimeSpan.Zero || silence < options.PingInterval || !connection.IsOpen)
                    pinged.Remove(connection);
                else if (pinged.Add(connection))
                    connection.Send(Ping(server));
            }
            pinged.RemoveWhere(connection => !server.Connections.Contains(connection));
        }
    }

    /// <summary><c>&lt;iq from="s.whatsapp.net" type="get" xmlns="urn:xmpp:ping" id t/&gt;</c></summary>
    private static Node Ping(SandboxServer server) => new("iq", ("from", Jid.PhoneServer), ("type", "get"), ("xmlns", "urn:xmpp:ping"),
        ("id", "ping-" + server.Options.Time.GetTimestamp().ToString(CultureInfo.InvariantCulture)), ("t", server.NowText));
}
