using System.Globalization;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Instances;

// Questions to the device, and its failures as problems.
internal sealed partial class InstanceGrain
{
    private const int RateOverlimit = 429;

    private async Task TellDeviceAsync(Func<IWhatsAppDevice, Task> tell) => await AskDeviceAsync(async device =>
    {
        await tell(device);
        return true;
    });

    private async Task<T> AskDeviceAsync<T>(Func<IWhatsAppDevice, Task<T>> ask)
    {
        RequireExists();
        if (_run?.Device is not { } device)
            throw NotConnected(StatusNow);
        try
        {
            return await ask(device);
        }
        catch (LinkClosedException)
        {
            throw NotConnected(StatusNow);
        }
        catch (TimeoutException)
        {
            throw new InstanceProblemException("query-timeout", "WhatsApp did not answer in time");
        }
        catch (IqErrorException refused)
        {
            var facts = new Dictionary<string, string> { ["nack"] = refused.Code.ToString(CultureInfo.InvariantCulture) };
            if (refused.Code == RateOverlimit)
                facts["scope"] = "whatsapp";
            throw new InstanceProblemException(refused.Code == RateOverlimit ? "rate-limited" : "whatsapp-error", refused.Message, facts);
        }
        catch (FencedException)
        {
            LetGo();
            throw Busy();
        }
    }
}
