using System.Globalization;
using System.Net;
using StackExchange.Redis;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Storage.Postgres;

namespace WhatsApp.Silo.Cluster;

/// <summary>What every process of a cluster must be told.</summary>
/// <param name="Redis">Membership. <c>REDIS</c>: host:port with StackExchange's options, or redis://user:password@host:port.</param>
/// <param name="DataKey">Seals and signs: the same in every process. <c>DATA_KEY</c>.</param>
/// <param name="DataDirectory">Files without S3 (then a folder all processes share), and temporary files. <c>DATA_DIR</c>.</param>
/// <param name="Name">Clusters of different names share Redis without knowing of each other. <c>CLUSTER_NAME</c>, default whatsapp.</param>
internal sealed record ClusterOptions(ConfigurationOptions Redis, string DataKey, string DataDirectory, string Name)
{
    private const string Mode = "CLUSTER_MODE";
    private static readonly string[] ClusterOnly = ["POSTGRES", "REDIS"];

    /// <summary>True for <c>CLUSTER_MODE=cluster</c>.</summary>
    /// <exception cref="BadConfigurationException">Another word, or settings of a cluster without it.</exception>
    public static bool IsCluster(IConfiguration configuration)
    {
        switch (configuration[Mode])
        {
            case "cluster":
                return true;
            case null or "" or "embedded":
                var lonely = ClusterOnly.FirstOrDefault(name => configuration[name] is { Length: > 0 });
                return lonely is null ? false : throw new BadConfigurationException($"{lonely} is set, but {Mode} is not cluster");
            case var other:
                throw new BadConfigurationException($"{Mode} must be embedded or cluster, not '{other}'");
        }
    }

    /// <summary>Reads and checks.</summary>
    /// <exception cref="BadConfigurationException">A value is missing or not usable; the message names it.</exception>
    public static ClusterOptions From(IConfiguration configuration)
    {
        var dataKey = Needed(configuration, "DATA_KEY");
        _ = Grains.Storage.DataKey.Parse(dataKey);
        return new ClusterOptions(RedisOf(Needed(configuration, "REDIS")), dataKey,
            Path.GetFullPath(configuration["DATA_DIR"] is { Length: > 0 } folder ? folder : "data"), configuration["CLUSTER_NAME"] is { Length: > 0 } name ? name : "whatsapp");
    }

    /// <summary>A folder of this process alone for temporary files: several may share the machine and its <see cref="DataDirectory"/>.</summary>
    public string WorkDirectory() => Path.Combine(DataDirectory, "work", $"{Environment.MachineName}-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>A setting that has no default in a cluster.</summary>
    public static string Needed(IConfiguration configuration, string name) =>
        configuration[name] is { Length: > 0 } text ? text : throw new BadConfigurationException($"{name} must be set when {Mode} is cluster");

    private static ConfigurationOptions RedisOf(string text)
    {
        try
        {
            var options = text.StartsWith("redis://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("rediss://", StringComparison.OrdinalIgnoreCase)
                ? FromUri(new Uri(text)) : ConfigurationOptions.Parse(text);
            if (options.EndPoints.Count == 0)
                throw new FormatException();
            // A Redis that is away for a while must not end a process: the client goes on trying.
            options.AbortOnConnectFail = false;
            options.ClientName ??= "whatsapp-cluster";
            return options;
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            throw new BadConfigurationException("REDIS must be host:port or redis://user:password@host:port");
        }
    }

    private static ConfigurationOptions FromUri(Uri uri)
    {
        var options = new ConfigurationOptions { Ssl = uri.Scheme == "rediss" };
        options.EndPoints.Add(uri.Host, uri.Port > 0 ? uri.Port : 6379);
        if (uri.UserInfo.Split(':', 2) is [var user, var password])
            (options.User, options.Password) = (user.Length > 0 ? Uri.UnescapeDataString(user) : null, Uri.UnescapeDataString(password));
        return options;
    }
}

/// <summary>What a silo of a cluster must be told besides.</summary>
/// <param name="Postgres">All that lasts. <c>POSTGRES</c>.</param>
/// <param name="LoginsPerSecond">Most connects per second of this silo. <c>WhatsApp:LoginsPerSecond</c>.</param>
/// <param name="Address">What the others call it. <c>SILO_ADDRESS</c>: an address, or the network it is in; default the machine's own.</param>
/// <param name="SiloPort">For silos. <c>SILO_PORT</c>, default 11111.</param>
/// <param name="GatewayPort">For gateways. <c>SILO_GATEWAY_PORT</c>, default 30000.</param>
/// <param name="SweepDelay">Until a silo that has started takes instances: the first one up would take all. <c>Cluster:SweepDelaySeconds</c>, default 10.</param>
/// <param name="RebalancePeriod">Between two looks whether a silo has more than its share; zero = never. <c>Cluster:RebalanceSeconds</c>, default 30.</param>
internal sealed record ClusterSiloOptions(PostgresStorageOptions Postgres, double LoginsPerSecond, IPAddress? Address, int SiloPort, int GatewayPort, TimeSpan SweepDelay, TimeSpan RebalancePeriod)
{
    /// <summary>Reads and checks.</summary>
    /// <exception cref="BadConfigurationException">A value is missing or not usable; the message names it.</exception>
    public static ClusterSiloOptions From(IConfiguration configuration, ClusterOptions cluster) => new(
        new PostgresStorageOptions(PostgresAddress.Parse(ClusterOptions.Needed(configuration, "POSTGRES")), cluster.DataKey), EmbeddedSiloOptions.LoginsOf(configuration),
        AddressOf(configuration), Number(configuration, "SILO_PORT", 11111, 1, 65535), Number(configuration, "SILO_GATEWAY_PORT", 30000, 1, 65535),
        TimeSpan.FromSeconds(Number(configuration, "Cluster:SweepDelaySeconds", 10, 0, 600)),
        TimeSpan.FromSeconds(Number(configuration, "Cluster:RebalanceSeconds", 30, 0, 86400)));

    // A network stands for this machine's own address in it: a container often has addresses in several.
    private static IPAddress? AddressOf(IConfiguration configuration)
    {
        if (configuration["SILO_ADDRESS"] is not { Length: > 0 } text)
            return null;
        if (IPAddress.TryParse(text, out var address))
            return address;
        if (!IPNetwork.TryParse(text, out var network))
            throw new BadConfigurationException("SILO_ADDRESS must be an IP address, or a network such as 10.0.1.0/24");
        return OwnAddress.In(network) ?? throw new BadConfigurationException($"SILO_ADDRESS {text}: this machine has no address in that network");
    }

    private static int Number(IConfiguration configuration, string name, int normal, int least, int most) =>
        configuration[name] is not { Length: > 0 } text ? normal
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw new BadConfigurationException($"{name} must be a number from {least} to {most}");
}
