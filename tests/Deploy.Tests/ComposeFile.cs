using System.Text.RegularExpressions;

namespace WhatsApp.Deploy.Tests;

/// <summary>A compose or stack file, read strictly: every key must be one that we mean.</summary>
internal sealed partial class ComposeFile
{
    private static readonly string[] Top = ["services", "networks", "volumes"];
    private static readonly string[] Service =
        ["image", "command", "environment", "networks", "ports", "volumes", "read_only", "tmpfs", "cap_drop", "cap_add", "stop_grace_period", "ulimits", "healthcheck", "deploy", "logging"];
    private static readonly string[] ComposeOnly = ["build", "depends_on", "restart", "security_opt", "shm_size"];
    private static readonly Dictionary<string, string[]> Below = new()
    {
        ["build"] = ["context", "dockerfile", "target"],
        ["healthcheck"] = ["test", "interval", "timeout", "retries", "start_period"],
        ["ulimits"] = ["nofile"],
        ["logging"] = ["driver", "options"],
        ["deploy"] = ["replicas", "endpoint_mode", "placement", "update_config", "rollback_config", "restart_policy", "resources", "labels"],
    };
    private static readonly Dictionary<string, string[]> BelowDeploy = new()
    {
        ["placement"] = ["constraints", "preferences"],
        ["update_config"] = ["parallelism", "order", "delay", "monitor", "failure_action"],
        ["rollback_config"] = ["parallelism", "order", "delay", "monitor"],
        ["restart_policy"] = ["condition", "delay"],
        ["resources"] = ["limits", "reservations"],
    };

    private readonly string _text;
    private readonly bool _isStack;

    public ComposeFile(string path, bool isStack)
    {
        (_text, _isStack, Folder) = (Repository.Read(path), isStack, Path.GetDirectoryName(path)!);
        Root = Yaml.Parse(_text);
        Services = Root.Map("services").ToDictionary(pair => pair.Key, pair => Yaml.Map(pair.Value));
        Example = EnvironmentFile(Path.Combine(Folder, ".env.example"));
    }

    public string Folder { get; }
    public Dictionary<string, object> Root { get; }
    public Dictionary<string, Dictionary<string, object>> Services { get; }

    /// <summary>Names and values of .env.example.</summary>
    public Dictionary<string, string> Example { get; }

    /// <summary>Our own programs in it.</summary>
    public IEnumerable<Dictionary<string, object>> Programs => [Services["silo"], Services["gateway"]];

    /// <summary>${NAME…} of the file; Form is ":?message", ":-default" or nothing.</summary>
    public IEnumerable<(string Name, string Form)> Variables => Variable().Matches(_text).Select(match => (match.Groups["name"].Value, match.Groups["rest"].Value));

    /// <summary>Keys that are none of ours, with their place.</summary>
    public IEnumerable<string> UnknownKeys()
    {
        string[] service = _isStack ? Service : [.. Service, .. ComposeOnly];
        string[] top = [.. Top, _isStack ? "version" : "name"];
        return Root.Keys.Where(key => !top.Contains(key) && !key.StartsWith("x-", StringComparison.Ordinal))
            .Concat(Services.SelectMany(pair => Unknown(pair.Key, pair.Value, service, Below)))
            .Concat(Services.SelectMany(pair => Unknown($"{pair.Key}.deploy", pair.Value.Map("deploy"), Below["deploy"], BelowDeploy)));
    }

    private static IEnumerable<string> Unknown(string place, Dictionary<string, object> map, string[] known, Dictionary<string, string[]> below) =>
        map.Keys.Where(key => !known.Contains(key)).Select(key => $"{place}.{key}")
            .Concat(below.Where(section => map.ContainsKey(section.Key))
                .SelectMany(section => map.Map(section.Key).Keys.Where(key => !section.Value.Contains(key)).Select(key => $"{place}.{section.Key}.{key}")));

    private static Dictionary<string, string> EnvironmentFile(string path) => Repository.Read(path).Split('\n')
        .Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    [GeneratedRegex(@"\$\{(?<name>[A-Z_]+)(?<rest>[^}]*)\}", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Variable();
}
