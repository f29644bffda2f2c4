using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Pairing;

namespace WhatsApp.Grains.Instances;

// Linking when WhatsApp demands a passkey.
internal sealed partial class InstanceGrain : IPasskeyGrain
{
    public Task<string> GetPasskeyOptionsAsync(CancellationToken cancellationToken)
    {
        RequireExists();
        return Task.FromResult(_run?.Device?.Snapshot.Passkey?.OptionsJson ?? throw PasskeyNotAsked("no passkey is demanded"));
    }

    public Task<string> GetPasskeyCodeAsync(CancellationToken cancellationToken)
    {
        RequireExists();
        return Task.FromResult(_run?.Device?.Snapshot.Passkey?.Code ?? throw PasskeyNotAsked("there is no code to compare"));
    }

    public Task<string> AnswerPasskeyAsync(byte[] credentialId, byte[] json, CancellationToken cancellationToken) =>
        AskPasskeyAsync(device => device.AnswerPasskeyAsync(new PasskeyAssertion(credentialId, json), cancellationToken));

    public Task<string> ConfirmPasskeyAsync(CancellationToken cancellationToken) => AskPasskeyAsync(device => device.ConfirmPasskeyAsync(cancellationToken));

    private async Task<string> AskPasskeyAsync(Func<IWhatsAppDevice, Task> ask)
    {
        try
        {
            await TellDeviceAsync(ask);
            return StatusNow;
        }
        catch (PasskeyNotAskedException none)
        {
            throw PasskeyNotAsked(none.Message);
        }
    }

    private void RequireNoPasskey()
    {
        if (_run?.Device?.Snapshot.Passkey is not null)
            throw new InstanceProblemException("passkey-required", "WhatsApp demands a passkey to link this account: see GET /instances/{id}/passkey",
                new Dictionary<string, string> { ["state"] = StatusNow });
    }

    private static InstanceProblemException PasskeyNotAsked(string why) => new("passkey-not-asked", why);
}
