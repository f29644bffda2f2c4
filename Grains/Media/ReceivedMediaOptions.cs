using System.Globalization;
using Microsoft.Extensions.Configuration;
using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Grains.Media;

/// <summary>How files of messages are fetched and told of. Section <c>Media</c>.</summary>
public sealed class ReceivedMediaOptions
{
    /// <summary>An event waits so long for its file. <c>Media:EventHoldSeconds</c>.</summary>
    public TimeSpan EventHold { get; set; } = TimeSpan.FromSeconds(5);
    /// <summary>Events of larger files do not wait, bytes.</summary>
    public long LargestHeld { get; set; } = 32L * 1024 * 1024;
    /// <summary>Largest file that an event carries as base64, bytes. <c>Media:Base64MaxBytes</c>.</summary>
    public int LargestBase64 { get; set; } = 1024 * 1024;
    /// <summary>Files of one instance fetched at the same time.</summary>
    public int AtOnce { get; set; } = 4;
    /// <summary>Tries of a file that no host gives; between them 2 s, 4 s, 8 s … 1 h.</summary>
    public int Tries { get; set; } = 16;
    /// <summary>First pause between tries.</summary>
    public TimeSpan FirstPause { get; set; } = TimeSpan.FromSeconds(2);
    /// <summary>Longest pause between tries.</summary>
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromHours(1);
    /// <summary>How long our phone has to answer the first, second … question for a file; after the last the file has failed.</summary>
    public IReadOnlyList<TimeSpan> PhonePatience { get; set; } = [TimeSpan.FromMinutes(2), TimeSpan.FromHours(1), TimeSpan.FromHours(24)];
    /// <summary>Without a connection our phone cannot be asked: so long until the next look.</summary>
    public TimeSpan OfflinePause { get; set; } = TimeSpan.FromSeconds(30);
    /// <summary>A file that has failed is tried again on demand, but not sooner than this.</summary>
    public TimeSpan FailedPause { get; set; } = TimeSpan.FromSeconds(30);
    /// <summary>Between two looks for files whose time is over.</summary>
    public TimeSpan RetentionPeriod { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Reads and checks.</summary>
    /// <exception cref="BadConfigurationException">A value is not usable; the message names it.</exception>
    public static ReceivedMediaOptions From(IConfiguration configuration)
    {
        var options = new ReceivedMediaOptions();
        options.EventHold = TimeSpan.FromSeconds(Number(configuration, "Media:EventHoldSeconds", 60, (int)options.EventHold.TotalSeconds));
        options.LargestBase64 = Number(configuration, "Media:Base64MaxBytes", 16 * 1024 * 1024, options.LargestBase64);
        return options;
    }

    private static int Number(IConfiguration configuration, string name, int max, int otherwise)
    {
        if (configuration[name] is not { Length: > 0 } text)
            return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= max ? number
            : throw new BadConfigurationException($"{name} must be a number from 0 to {max}");
    }
}
