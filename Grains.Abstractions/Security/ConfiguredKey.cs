namespace WhatsApp.Grains.Abstractions.Security;

/// <summary>A key that the operator chooses.</summary>
public static class ConfiguredKey
{
    /// <summary>Name of the setting whose key opens the metrics and nothing else.</summary>
    public const string Metrics = "METRICS_KEY";

    private const int MinLength = 16;
    private const int MaxLength = 512;

    /// <summary>The key, or null when none is set.</summary>
    /// <param name="name">Of the setting.</param>
    /// <param name="key">Its value.</param>
    /// <exception cref="BadConfigurationException">Too short, too long, or not printable.</exception>
    public static string? Checked(string name, string? key)
    {
        if (key is not { Length: > 0 })
            return null;
        return key.Length is >= MinLength and <= MaxLength && key.All(c => c is > ' ' and < '\u007f') ? key
            : throw new BadConfigurationException($"{name} must have {MinLength} to {MaxLength} printable characters without spaces");
    }
}
