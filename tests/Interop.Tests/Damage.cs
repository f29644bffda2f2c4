using System.Security.Cryptography;
using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Faults;

namespace WhatsApp.Interop.Tests;

/// <summary>Messages that cannot be decrypted when they arrive the first time.</summary>
internal static class Damage
{
    /// <summary>Gives an id. The message sent under it will reach the device with a changed byte, and can be read only after it was asked for again.</summary>
    public static string DamageNext(this SandboxNetwork network, Jid device)
    {
        var id = "3EB0" + Convert.ToHexString(RandomNumberGenerator.GetBytes(9));
        network.Faults.Add(new Fault { Kind = FaultKind.Corrupt, DeviceJid = device.ToString(), MessageId = id });
        return id;
    }
}
