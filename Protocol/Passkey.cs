namespace WhatsApp.Protocol;

/// <summary>What is shown while the server demands a passkey.</summary>
/// <param name="OptionsJson">WebAuthn request options; the browser signs them on the origin web.whatsapp.com.</param>
/// <param name="Code">To be compared with the phone's, XXXX-XXXX; null = not yet, or not needed.</param>
public sealed record PasskeyDemand(string OptionsJson, string? Code);

/// <summary>What an authenticator answered.</summary>
/// <param name="CredentialId">1 … 1023 bytes.</param>
/// <param name="Json">The whole credential as JSON (credential.toJSON()).</param>
public sealed record PasskeyAssertion(byte[] CredentialId, byte[] Json);

/// <summary>Linking when the server demands a passkey (see <see cref="DeviceSnapshot.Passkey"/>).</summary>
public interface IDevicePasskey
{
    /// <summary>Hands in a signed demand; linking goes on by itself, or with a code to compare.</summary>
    /// <exception cref="Pairing.PasskeyNotAskedException">None is demanded now.</exception>
    /// <exception cref="Connection.IqErrorException">The server refused it; another may be handed in.</exception>
    Task AnswerPasskeyAsync(PasskeyAssertion assertion, CancellationToken cancellationToken);

    /// <summary>The user has compared the codes, and they are the same.</summary>
    /// <exception cref="Pairing.PasskeyNotAskedException">There is no code to compare.</exception>
    /// <exception cref="Connection.IqErrorException">The server refused.</exception>
    Task ConfirmPasskeyAsync(CancellationToken cancellationToken);
}
