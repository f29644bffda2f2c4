using Microsoft.Extensions.Configuration;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Protocol;

namespace WhatsApp.Grains.Instances;

/// <summary>
/// Where WhatsApp is, by network name. <c>WhatsApp:*</c> is the network "whatsapp"; <c>Networks:NAME:*</c> adds others
/// (e.g. a sandbox beside the real one). Read and checked once, at start.
/// </summary>
public sealed class WhatsAppNetworks
{
    /// <summary>Name of the configured default.</summary>
    public const string Default = "whatsapp";

    private readonly Dictionary<string, DeviceOptions> _networks = new(StringComparer.Ordinal);

    /// <summary>Reads the configuration.</summary>
    /// <exception cref="BadConfigurationException">A value is not usable; the message names it.</exception>
    public WhatsAppNetworks(IConfiguration configuration)
    {
        _networks[Default] = Read(configuration.GetSection("WhatsApp"));
        foreach (var section in configuration.GetSection("Networks").GetChildren())
            _networks[section.Key] = Read(section);
    }

    /// <summary>Names of all networks.</summary>
    public IReadOnlyCollection<string> Names => _networks.Keys;

    /// <summary>Options of a network, or null when unknown.</summary>
    public DeviceOptions? Find(string name) => _networks.GetValueOrDefault(name);

    private static DeviceOptions Read(IConfigurationSection section)
    {
        var options = new DeviceOptions();
        if (section["SocketUrl"] is { Length: > 0 } url)
            options = options with
            {
                SocketUrl = Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "ws" or "wss"
                    ? uri
                    : throw Bad(section, "SocketUrl", "must be a ws:// or wss:// address"),
            };
        if (section["NoiseRootKey"] is { Length: > 0 } hex)
            options = options with { NoiseRootKey = KeyOf(section, hex) };
        if (section["ExtraCaFile"] is { Length: > 0 } file)
            options = options with { ExtraCaFile = File.Exists(file) ? file : throw Bad(section, "ExtraCaFile", $"no such file: {file}") };
        if (section["Version"] is { Length: > 0 } version)
            options = options with
            {
                Version = version.Split('.') is { Length: 3 } parts && parts.All(part => uint.TryParse(part, out _))
                    ? version
                    : throw Bad(section, "Version", "must look like 2.3000.1045649367"),
            };
        return options;
    }

    private static byte[] KeyOf(IConfigurationSection section, string hex)
    {
        var key = new byte[32];
        return hex.Length == 64 && Convert.FromHexString(hex, key, out _, out _) == System.Buffers.OperationStatus.Done
            ? key
            : throw Bad(section, "NoiseRootKey", "must be 64 hex digits");
    }

    private static BadConfigurationException Bad(IConfigurationSection section, string key, string why) => new($"{section.Path}:{key} {why}");
}
