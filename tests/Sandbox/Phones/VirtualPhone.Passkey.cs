using WhatsApp.Protocol.Pairing;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox.Phones;

/// <summary>Linking with a passkey (wire/01 §7.6): the server demands one after the QR was scanned or the code typed.</summary>
public sealed partial class VirtualPhone
{
    private static readonly TimeSpan PasskeyPatience = TimeSpan.FromMinutes(2);

    /// <summary>Whether linking this account needs a passkey.</summary>
    public bool NeedsPasskey { get; set; }

    /// <summary>Whether the demand brings its options along; otherwise the companion has to ask for them.</summary>
    public bool PasskeyOptionsInDemand { get; set; } = true;

    /// <summary>The code on the phone's screen, once there is one; null when the companion proved itself and nothing is compared.</summary>
    public LinkCode? PasskeyCode { get; private set; }

    // The secret that signs the companion: what the QR showed, or what came sealed after the passkey.
    private async Task<byte[]> SecretAsync(PairingSession waiting, byte[] shown, CancellationToken cancellationToken)
    {
        if (!NeedsPasskey)
            return shown;
        var passkey = waiting.DemandPasskey(shown, PasskeyOptionsInDemand);
        var code = await passkey.Code.WaitAsync(PasskeyPatience, cancellationToken);
        PasskeyCode = passkey.WasProven ? null : code;
        var (noise, identity, secret) = await passkey.Keys.WaitAsync(PasskeyPatience, cancellationToken);
        if (!noise.AsSpan().SequenceEqual(waiting.NoiseKey) || !identity.AsSpan().SequenceEqual(waiting.Companion!.Identity))
            throw new PairingException("the companion sealed other keys than its connection has");
        return secret;
    }
}
