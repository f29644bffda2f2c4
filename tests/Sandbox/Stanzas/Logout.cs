using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>
/// Unlinking (wire/01 §11.4), by the device itself or by the phone: empty result, then
/// <c>&lt;stream:error code="401"&gt;&lt;conflict type="device_removed"/&gt;&lt;/stream:error&gt;</c>; offline it finds failure 401 at the next login.
/// </summary>
internal sealed class Logout(SandboxServer server)
{
    private static readonly Node Removed = new("stream:error", [("code", "401")], [new Node("conflict", ("type", "device_removed"))]);

    /// <summary><c>&lt;iq type="set" xmlns="md"&gt;&lt;remove-companion-device jid reason/&gt;&lt;/iq&gt;</c></summary>
    public void Handle(DeviceSession session, Node iq)
    {
        var jid = iq.Child("remove-companion-device")?.JidOf("jid");
        var device = jid is { IsUser: true } named ? server.Accounts.FindDevice(named) : null;
        if (device is null or { IsPhone: true })
        {
            session.Link.Send(Answer.Error(iq, 404, "item-not-found"));
            return;
        }
        if (device != session.Device && !(session.Device.IsPhone && device.Account == session.Account))
        {
            session.Link.Send(Answer.Error(iq, 403, "forbidden"));
            return;
        }
        session.Link.Send(Answer.Result(iq));
        Remove(device);
    }

    /// <summary>Takes a companion out of its account and ends its connection.</summary>
    /// <returns>False when it was gone already.</returns>
    public bool Remove(Device device)
    {
        DeviceSession? session;
        lock (device.Account.Gate)
        {
            if (!device.Account.Remove(device.Number, out _))
                return false;
            session = device.Session;
            device.Session = null;
            device.Queue.Clear();
        }
        session?.Link.Close(Removed);
        device.Account.Owner?.CompanionRemoved(device.Number);
        server.Notifications.DevicesChanged(device, added: false);
        return true;
    }
}
