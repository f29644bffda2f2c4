using System.Globalization;
using System.Security.Cryptography;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;
using WhatsApp.Sandbox.Accounts;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Network;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>
/// A connection that logs in (wire/01 §8.1): checks account, device and noise key, replaces an older connection of the same
/// device, answers success or failure, and from then on hands stanzas to the router.
/// </summary>
internal sealed class LoginHandler(SandboxServer server, IStanzaLink link) : IStanzaHandler
{
    private DeviceSession? _session;

    /// <summary>Takes the login payload. Returns the device, or null when it was refused.</summary>
    public Device? Begin(ClientPayload payload, byte[] noiseKey)
    {
        if (Identify(payload, noiseKey) is not { } device)
        {
            Refuse(new Node("failure", ("reason", "401"), ("location", "cln")));
            return null;
        }
        if (StruckAtLogin(device))
            return device;
        Accept(device, payload.Passive);
        return device;
    }

    /// <inheritdoc/>
    public void Handle(Node stanza)
    {
        if (_session is not null)
            server.Router.Handle(_session, stanza);
    }

    /// <inheritdoc/>
    public void Disconnected()
    {
        if (_session is not { } session)
            return;
        lock (session.Account.Gate)
        {
            session.Device.Sockets--;
            server.Log.Add(session.Device, ConnectionStepKind.Closed);
            if (session.Device.Session == session)
                session.Device.Session = null;
        }
        server.Presence.Gone(session);
    }

    private Device? Identify(ClientPayload payload, byte[] noiseKey)
    {
        if (server.Accounts.FindByPhone(payload.Username.ToString(CultureInfo.InvariantCulture)) is not { } account)
            return null;
        lock (account.Gate)
            return account.TryGetDevice((int)Math.Min(payload.Device, byte.MaxValue + 1), out var device)
                && device.NoiseKey is { } registered && CryptographicOperations.FixedTimeEquals(registered, noiseKey)
                ? device : null;
    }

    private void Accept(Device device, bool passive)
    {
        var session = new DeviceSession(device, link) { Passive = passive };
        DeviceSession? replaced;
        lock (device.Account.Gate)
        {
            if (!device.Account.TryGetDevice(device.Number, out _))
            {
                Refuse(new Node("failure", ("reason", "401"), ("location", "cln")));
                return;
            }
            replaced = device.Session;
            device.Session = session;
            server.Stats.SocketsOfOneDevice(++device.Sockets);
            server.Log.Add(device, replaced is null ? ConnectionStepKind.Login : ConnectionStepKind.TakeOver);
            if (!passive)
                server.Log.Add(device, ConnectionStepKind.Active);
            link.Send(Success(device));
            link.Send(Postbox.Ib(new Node("edge_routing", [], [KeyBytes.Leaf("routing_info", RoutingInfo(device))])));
            if (!passive)
                server.Postbox.SendBacklog(session);
        }
        _session = session;
        server.Stats.LoggedIn();
        if (replaced is not null)
        {
            server.Stats.Replaced();
            // Without a code: Baileys would take a coded one for a logout (wire/01 §11.2).
            replaced.Link.Close(new Node("stream:error", [], [new Node("conflict", ("type", "replaced"))]));
        }
        OpenFaults.StrikeAfterLogin(server, session);
    }

    /// <summary>Faults of the login phase, before success.</summary>
    private bool StruckAtLogin(Device device)
    {
        if (server.Faults.Take(FaultKind.Failure, device.Account, device.Number) is { } failure)
        {
            Refuse(new Node("failure", ("reason", failure.Reason), ("location", "cln"), ("code", failure.Code),
                ("expire", failure.Expire?.ToString(CultureInfo.InvariantCulture))));
            return true;
        }
        if (server.Faults.Take(FaultKind.Drop, device.Account, device.Number, fault => fault.Phase == ConnectionPhase.Login) is { } drop)
        {
            OpenFaults.CutLater(server, link, drop.Ms);
            return true;
        }
        if (server.Faults.Take(FaultKind.StreamError, device.Account, device.Number, fault => fault.Phase == ConnectionPhase.Login) is { } error)
        {
            link.Close(OpenFaults.StreamError(error));
            return true;
        }
        return false;
    }

    private void Refuse(Node failure)
    {
        server.Stats.LoginRefused();
        link.Close(failure);
    }

    private Node Success(Device device) => new("success",
        ("t", server.NowText), ("props", "27"), ("abprops", "1"), ("group_abprops", "1"), ("location", "cln"),
        ("creation", device.Account.CreatedAt.ToString(CultureInfo.InvariantCulture)),
        ("companion_enc_static", Convert.ToBase64String(server.Keys.Static.PublicKey)),
        ("lid", device.Lid.ToString()), ("display_name", device.Account.PushName));

    /// <summary>Opaque to clients; a few bytes like the real one's.</summary>
    private static byte[] RoutingInfo(Device device) => [0x08, (byte)(device.Number & 0x7F), 0x10, 0x01];
}
