using System.Globalization;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Pairing;

namespace WhatsApp.Grains.Instances;

// Linking by code.
internal sealed partial class InstanceGrain
{
    public async Task<PairingCodeReport> RequestPairingCodeAsync(string phoneNumber, CancellationToken cancellationToken)
    {
        RequireExists();
        RequireNoPasskey();
        await EnsureRoundAsync(cancellationToken);
        var device = _run?.Device ?? throw NotConnected(StatusNow);
        try
        {
            var code = await device.RequestPairingCodeAsync(phoneNumber, cancellationToken);
            await WantNumberAsync(phoneNumber, cancellationToken);
            return new PairingCodeReport(code.Text, code.ExpiresAt);
        }
        catch (PairingCodeRefusedException refused)
        {
            throw Problem(refused);
        }
        catch (Exception error) when (error is TimeoutException or LinkClosedException)
        {
            RequireExists();
            RequireUnlinked();
            throw NotConnected(StatusNow);
        }
    }

    private InstanceProblemException Problem(PairingCodeRefusedException refused) => refused.Reason switch
    {
        PairingCodeRefusal.AlreadyLinked => AlreadyConnected(),
        PairingCodeRefusal.RateLimited => new InstanceProblemException("rate-limited", refused.Message),
        _ => new InstanceProblemException("whatsapp-error", refused.Message,
            new Dictionary<string, string> { ["upstreamStatus"] = refused.Code.ToString(CultureInfo.InvariantCulture) }),
    };
}
