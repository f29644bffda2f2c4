using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>Calls, signals only (wire/07 §11): passed on to the devices of the callee that are there, acknowledged to the caller.</summary>
internal sealed class Calls(SandboxServer server)
{
    /// <summary><c>&lt;call id to [from]&gt;&lt;offer|reject… call-id call-creator/&gt;&lt;/call&gt;</c></summary>
    public void Handle(DeviceSession session, Node call)
    {
        session.Link.Send(Acks.Of(call, "call", server.NowText));
        if (call.JidOf("to") is not { IsUser: true } to || server.Accounts.Find(to) is not { } target || call.Children is not [var signal, ..] || signal["call-id"] is null
            || signal.JidOf("call-creator") is null)
        {
            server.Stats.Violation($"call of {session.Device.Phone} without callee or call");
            return;
        }
        var stanza = new Node("call", [("from", session.Account.InFormOf(to).ToString()), ("id", call["id"]), ("t", server.NowText)], call.Children);
        DeviceSession[] there;
        lock (target.Gate)
            there = [.. target.Devices.Select(device => device.Session).OfType<DeviceSession>().Where(other => !other.Passive)];
        foreach (var other in there)
            other.Link.Send(stanza);
    }

    /// <summary>True for the receipt of a call's signal, which is no message's.</summary>
    public static bool IsReceipt(Node receipt) => receipt.Children is [{ Tag: "offer" or "accept" or "reject" or "enc_rekey" }, ..];
}
