// The skills that are looked for, with every way they are written; adding one is adding it to its line.

/**
 * `Name|alias|alias`: the name counts as an alias of itself, unless it begins with `~`. Aliases are compared without case, but
 * `=Alias` only in exactly this case (REST, SAS), and `~Alias` only in this case and near words that show a skill is meant: `Go`, `Excel`.
 */
const LIST = `
# Languages
~Go|golang|~Go ; ~R|rstudio|r programming|r shiny|tidyverse|~R ; ~C|ansi c|embedded c|c programming|~C ; ~Swift|swiftui|~Swift
~Rust|rustlang|~Rust ; ~Scala|~Scala|scala.js ; C++|cpp ; C#|csharp|c-sharp ; F#|fsharp
.NET|dotnet|.net core|asp.net|dot net|.net framework ; Objective-C|objective c|obj-c ; Java ; JavaScript|ecmascript|es6 ; TypeScript
Python|python3 ; PHP ; ~Ruby|~Ruby ; Kotlin ; ~Dart|~Dart ; ~Elixir|~Elixir ; Erlang ; Haskell ; Clojure|clojurescript ; OCaml
Perl ; ~Julia|~Julia ; Lua ; MATLAB ; Fortran ; COBOL ; ~Assembly|assembly language|~Assembly ; VBA|visual basic ; Groovy ; Solidity
~Zig|~Zig ; Bash|shell scripting|shell scripts|bash scripting ; PowerShell ; =SAS ; SPSS ; ~Stata|~Stata ; ABAP
Apex Language|salesforce apex ; Verilog|systemverilog ; VHDL ; SQL|ansi sql ; PL/SQL|plsql ; T-SQL|tsql ; GraphQL ; HTML|html5
CSS|css3 ; Sass|scss ; WebAssembly|wasm ; YAML ; XML ; JSON
# Web and mobile
~React|react.js|reactjs|~React ; React Native ; Next.js|nextjs ; Vue.js|vuejs|vue ; Nuxt|nuxt.js|nuxtjs
Angular|angularjs|angular.js ; Svelte|sveltekit ; ~Ember.js|ember.js|emberjs ; jQuery ; Redux ; Webpack ; ~Vite|vite.js|~Vite
Tailwind CSS|tailwind|tailwindcss ; ~Bootstrap|twitter bootstrap|~Bootstrap ; Node.js|nodejs|node js|~Node
~Express|express.js|expressjs|~Express ; NestJS|nest.js ; Deno ; Django ; ~Flask|~Flask ; FastAPI ; Ruby on Rails|~Rails
Laravel ; Symfony ; Spring Boot|springboot|spring framework|spring mvc|~Spring ; Hibernate ; Phoenix Framework|phoenix liveview
=REST|restful|rest api|rest apis|restful api|restful apis ; gRPC ; WebSockets|websocket ; WebRTC ; OAuth|oauth2|oauth 2.0 ; SAML
OpenAPI ; Android ; iOS ; Flutter ; Jetpack Compose ; UIKit ; Xamarin ; Three.js|threejs ; D3.js|d3js|~D3 ; WebGL
~Electron|electron.js|~Electron ; WordPress ; Drupal ; Shopify ; Magento ; Webflow ; Contentful
# Data stores and streams
PostgreSQL|postgres|psql|postgis ; MySQL|mariadb ; SQL Server|mssql|ms sql|microsoft sql server
Oracle Database|oracle db|oracle sql ; SQLite ; MongoDB|mongo ; Cassandra ; DynamoDB ; Redis ; Memcached
Elasticsearch|elastic search|opensearch ; Solr ; Neo4j ; CouchDB|couchbase ; InfluxDB ; TimescaleDB ; CockroachDB ; ClickHouse
Snowflake ; BigQuery|big query ; Redshift ; Databricks ; ~Athena|aws athena|amazon athena ; Presto|trino ; ~Hive|apache hive
Hadoop|hdfs ; ~Spark|apache spark|pyspark|spark sql|~Spark ; Flink ; Kafka|apache kafka|confluent ; RabbitMQ ; ActiveMQ
~Pulsar|apache pulsar ; ~Beam|apache beam ; ~NATS|nats.io ; ~Storm|apache storm ; Kinesis ; Airflow|apache airflow ; Dagster
~Prefect|~Prefect ; =dbt ; Fivetran ; ~Iceberg|apache iceberg ; Delta Lake ; Parquet ; ETL
Data Warehousing|data warehouse|data warehouses ; Data Modeling|data modelling
Vector Databases|vector database|pgvector|pinecone|weaviate
# Analytics and machine learning
Machine Learning|=ML ; Deep Learning ; Artificial Intelligence|=AI ; Generative AI|genai|gen ai
Large Language Models|llm|llms|large language model ; =RAG|retrieval augmented generation|retrieval-augmented generation
Prompt Engineering ; Natural Language Processing|=NLP ; Computer Vision ; Reinforcement Learning ; PyTorch ; TensorFlow ; Keras
scikit-learn|sklearn|scikit learn ; XGBoost ; pandas ; NumPy ; SciPy ; ~JAX|~JAX ; Hugging Face|huggingface ; LangChain ; OpenCV
CUDA ; MLflow ; MLOps ; Kubeflow ; SageMaker ; Vertex AI ; Jupyter ; Tableau ; Power BI|powerbi ; Looker|lookml ; Mode Analytics
Qlik|qlikview|qlik sense ; Google Analytics|ga4 ; ~Amplitude|~Amplitude ; Mixpanel ; ~Segment|~Segment
A/B Testing|a/b tests|ab testing|a/b test ; Statistics|statistical analysis|statistical modeling ; Econometrics
Data Visualization|data visualisation ; Data Analysis|data analytics ; Business Intelligence
# Cloud and operations
AWS|amazon web services ; Azure|microsoft azure ; Google Cloud|=GCP|google cloud platform ; AWS Lambda|lambda functions ; EC2
S3|amazon s3 ; ECS ; EKS ; GKE ; CloudFormation ; Terraform ; Pulumi ; Ansible ; ~Chef|chef infra|~Chef ; ~Puppet|~Puppet
~Salt|saltstack ; Kubernetes|k8s ; ~Helm|helm charts|helm chart|~Helm ; Docker ; OpenShift ; Istio|service mesh
CI/CD|ci-cd|cicd|continuous integration|continuous delivery|continuous deployment ; Jenkins ; GitHub Actions ; GitLab CI ; CircleCI
ArgoCD|argo cd ; GitOps ; Git ; GitHub ; GitLab ; Bitbucket ; Linux ; Unix ; Nginx ; HAProxy ; Prometheus ; Grafana ; Datadog
Splunk ; New Relic ; OpenTelemetry ; PagerDuty ; Sentry ; ELK|elk stack|logstash|kibana
Site Reliability Engineering|=SRE|site reliability ; DevOps ; Infrastructure as Code|=IaC ; Microservices|micro services
Distributed Systems|distributed system ; Serverless ; ~Vault|hashicorp vault ; ~Consul|hashicorp consul ; ~Nomad|hashicorp nomad
VMware ; Active Directory ; TCP/IP ; =DNS ; =VPN ; =BGP ; Cisco ; Bazel ; CMake ; eBPF
# Security
Penetration Testing|pen testing|pentesting|pentest ; =SIEM ; =SOC 2|soc2 ; ISO 27001|iso27001 ; NIST ; FedRAMP ; GDPR ; HIPAA
PCI DSS|pci-dss ; Cryptography ; Threat Modeling|threat modelling ; Identity and Access Management|=IAM ; Zero Trust ; OWASP ; CISSP
Vulnerability Management
# Testing, design, working together
Selenium ; Cypress ; Playwright ; ~Jest|~Jest ; ~Mocha|mocha.js ; JUnit ; pytest ; Test Automation|automated testing|automated tests
Figma ; ~Sketch|~Sketch ; Adobe XD ; Photoshop ; ~Illustrator|adobe illustrator|~Illustrator ; InDesign ; After Effects ; Premiere Pro
Adobe Creative Suite|creative suite|adobe creative cloud|creative cloud ; User Research|ux research ; Prototyping
Wireframing|wireframes ; Design Systems|design system ; Accessibility|wcag|a11y ; ~Unity|unity3d|unity engine|~Unity
Unreal Engine ; Blender ; ~Maya|autodesk maya|~Maya ; OpenGL ; Vulkan ; AutoCAD ; SolidWorks ; Revit ; CATIA ; Agile ; Scrum
Kanban ; Jira ; Confluence ; ~Notion|~Notion ; Asana ; Product Management ; Project Management
Program Management|programme management ; Stakeholder Management ; PMP ; Six Sigma|lean six sigma
# Engineering besides software
Embedded Systems|embedded software ; Firmware ; =RTOS|real-time operating system ; FPGA ; ASIC ; PCB Design|pcb layout|pcb
~PLC|plc programming|programmable logic controllers|~PLC ; Robotics ; =ROS|ros2|ros 2|robot operating system ; LiDAR ; =SLAM ; GNSS ; CAN Bus|canbus ; Simulink
LabVIEW ; Finite Element Analysis|=FEA ; =CFD|computational fluid dynamics ; CNC ; GD&T ; Bluetooth ; =IoT|internet of things
# Business
~Excel|microsoft excel|ms excel|~Excel ; PowerPoint ; Google Sheets ; Microsoft Office|ms office|office 365|microsoft 365
Google Workspace|g suite ; Salesforce|salesforce.com|=SFDC ; HubSpot ; Marketo ; Zendesk ; Intercom Platform ; ServiceNow
Workday HCM|workday hris ; NetSuite ; =SAP|sap erp|s/4hana|sap hana ; QuickBooks ; Outreach.io ; Gong ; Greenhouse ATS
SEO|search engine optimization|search engine optimisation ; =SEM|search engine marketing ; Google Ads|adwords
Facebook Ads|meta ads ; Email Marketing ; Content Marketing ; Copywriting ; Social Media Marketing
Account-Based Marketing|account based marketing|=ABM ; CRM ; ERP ; B2B ; SaaS ; Cold Calling ; Lead Generation ; Negotiation
Forecasting ; Financial Modeling|financial modelling ; GAAP|us gaap ; IFRS ; CPA ; CFA ; FP&A ; Bookkeeping ; Accounts Payable|a/p
Accounts Receivable|a/r ; Financial Reporting ; Auditing ; =KYC ; =AML|anti-money laundering ; Risk Management
Supply Chain|supply chain management ; Procurement ; Change Management ; Recruiting|talent acquisition ; Employment Law
Contract Negotiation ; Technical Writing ; Customer Success ; Data Entry ; Blockchain ; =DeFi ; Web3 ; Ethereum ; Bitcoin
# Health and life science
Electronic Health Records|=EHR|=EMR ; Epic Systems ; =HL7|fhir ; Clinical Trials|clinical trial
=GMP|cgmp|good manufacturing practice ; =GCP Guidelines|good clinical practice ; =CPR ; Bioinformatics ; Genomics ; CRISPR
=PCR|qpcr ; =HPLC ; Cell Culture ; Flow Cytometry ; Registered Nurse|=RN ; Applied Behavior Analysis|=ABA
`

export const SKILLS: readonly string[] = LIST.split(/\s*[;\n]\s*/).filter((entry) => entry !== '' && !entry.startsWith('#'))

/** Words beside an ambiguous name that show it is meant: "Go developer", "languages such as Rust". */
export const CUES: ReadonlySet<string> = new Set(
  (
    'programming language languages developer developers engineer engineers coding code codebase ' +
    'framework frameworks library libraries sdk compiler scripting backend frontend microsoft ' +
    'spreadsheets spreadsheet sheets word outlook proficiency proficient fluent fluency vlookup pivot ' +
    'stack tools tooling software expert advanced'
  ).split(' '),
)

/** Words that, right after the name, show that something else is meant: "Go to market", "Excel at", "C suite". */
export const NOT_BEFORE: ReadonlySet<string> = new Set(
  (
    'to live above beyond ahead further through deep back big at as when suite level round funding ' +
    'quickly under yourself no catalog management operator operators partners de kitchen'
  ).split(' '),
)

/** Words that, right before the name, show the same: "Series C", "Vitamin C", "Executive Chef". */
export const NOT_AFTER: ReadonlySet<string> = new Set(
  (
    'series vitamin class grade tier hepatitis appendix option executive sous head pastry section will ' +
    'you we i and/or american mr ms dr'
  ).split(' '),
)
