using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace WhatsApp.Silo;

/// <summary>How every process of the product logs.</summary>
public static class ConsoleLog
{
    /// <summary>One line an event, without what tells an operator nothing.</summary>
    public static void AddConsoleLog(this ILoggingBuilder logging)
    {
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
            console.ColorBehavior = LoggerColorBehavior.Default;
        });
        logging.AddFilter("Orleans", LogLevel.Warning);
        // One false line per start (orleans-notes §9).
        logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        // It recommends the server collector, which an embedded service does not want.
        logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);
        // Orleans' own lines about the start and the ring of a grain service.
        logging.AddFilter("WhatsApp.Grains.Clusters.SiloSelf", LogLevel.Warning);
        logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        // What stops a start is told in one line by Program.cs; that a background service stopped the host is critical.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        logging.AddFilter("System.Net.Http", LogLevel.Warning);
        // Orleans places grains through Polly; each placement is two lines.
        logging.AddFilter("Polly", LogLevel.Warning);
    }
}
