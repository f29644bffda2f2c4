using Orleans.Concurrency;

namespace WhatsApp.Grains.Abstractions.Instances;

/// <summary>
/// Linking when WhatsApp demands a passkey: the same activation as <see cref="IInstanceGrain"/>. Key: the instance id.
/// Failures come as <see cref="InstanceProblemException"/>; passkey-not-asked when none is demanded now.
/// </summary>
[Alias("wa.IPasskeyGrain")]
public interface IPasskeyGrain : IGrainWithStringKey
{
    /// <summary>WebAuthn request options, JSON.</summary>
    [AlwaysInterleave]
    [Alias("GetPasskeyOptions")]
    Task<string> GetPasskeyOptionsAsync(CancellationToken cancellationToken = default);

    /// <summary>Hands in what the authenticator answered.</summary>
    /// <param name="credentialId">1 … 1023 bytes.</param>
    /// <param name="json">The whole credential, JSON, UTF-8.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Status now.</returns>
    [AlwaysInterleave]
    [ResponseTimeout("00:01:30")]
    [Alias("AnswerPasskey")]
    Task<string> AnswerPasskeyAsync(byte[] credentialId, byte[] json, CancellationToken cancellationToken = default);

    /// <summary>The code to compare with the phone's.</summary>
    [AlwaysInterleave]
    [Alias("GetPasskeyCode")]
    Task<string> GetPasskeyCodeAsync(CancellationToken cancellationToken = default);

    /// <summary>The user has compared the codes, and they are the same.</summary>
    /// <returns>Status now.</returns>
    [AlwaysInterleave]
    [ResponseTimeout("00:01:30")]
    [Alias("ConfirmPasskey")]
    Task<string> ConfirmPasskeyAsync(CancellationToken cancellationToken = default);
}
